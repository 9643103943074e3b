//! The statements that keep a database sound and its size within bounds, and those that tell what has
//! changed in it; those of [`copy`] and [`sound`], which are about the file itself, and of [`changes`], which
//! are about a connection, are SQLite's own.
//!
//! [`changes`]: super::super::changes
//! [`copy`]: super::super::copy
//! [`sound`]: super::super::sound

pub(in crate::store) const QUICK_CHECK: &str = "pragma quick_check";

pub(in crate::store) const FOREIGN_KEYS: &str = "pragma foreign_key_check";

pub(in crate::store) const IS_OURS: &str = "
select count(*) from sqlite_master where type = 'table' and name = 'source_states'";

pub(in crate::store) const COUNT_ITEMS: &str = "select count(*) from items";

pub(in crate::store) const COUNT_VERDICTS: &str = "select count(*) from verdicts";

pub(in crate::store) const TENDED: &str =
    "select at, reached, fault from upkeep where name = 'daily'";

pub(in crate::store) const KEEP_TENDED: &str = "
insert into upkeep (name, at, reached, fault) values ('daily', ?1, ?2, ?3)
on conflict (name) do update set at = excluded.at, reached = excluded.reached,
                                 fault = excluded.fault";

pub(in crate::store) const LATEST_ARRIVAL: &str = "select max(first_seen) from items";

/// Items older than ?1 that nobody refers to: no verdict, and no story that an item since ?2 tells of.
pub(in crate::store) const OLD_ITEMS: &str = "
select i.id from items i
where i.first_seen < ?1 and i.published < ?1
and not exists (select 1 from suggestions s join verdicts v on v.suggestion = s.id
                where s.item = i.id)
and not exists (select 1 from item_stories m join item_stories o on o.story = m.story
                join items y on y.id = o.item
                where m.item = i.id and (y.first_seen >= ?2 or y.published >= ?2))
order by i.first_seen limit ?3";

/// A source that still shows a forgotten item brings nothing new.
pub(in crate::store) const FORGET_KEYS: &str = "
insert into forgotten (key, at) select key, ?2 from item_keys where item = ?1
on conflict (key) do update set at = excluded.at";

pub(in crate::store) const FORGET_SUGGESTIONS_OF: &str = "delete from suggestions where item = ?1";

pub(in crate::store) const FORGET_ITEM: &str = "delete from items where id = ?1";

pub(in crate::store) const FORGOTTEN: &str = "select at from forgotten where key = ?1";

pub(in crate::store) const STILL_SHOWN: &str = "update forgotten set at = ?2 where key = ?1";

pub(in crate::store) const FORGET_FORGOTTEN: &str = "
delete from forgotten where key in (select key from forgotten where at < ?1 limit ?2)";

pub(in crate::store) const FORGET_UNJUDGED: &str = "
delete from suggestions where id in (
    select s.id from suggestions s
    where s.last_shown < ?1
    and not exists (select 1 from verdicts v where v.suggestion = s.id) limit ?2)";

/// What a clock that was wrong has dated after ?1 is of now, ?2.
pub(in crate::store) const MEND_TIMES: &[&str] = &[
    "update items set first_seen = ?2 where first_seen > ?1",
    "update items set published = ?2 where published > ?1",
    "update suggestions set first_shown = ?2 where first_shown > ?1",
    "update suggestions set last_shown = ?2 where last_shown > ?1",
    "update pushes set next_at = ?2 where next_at > ?1",
];

/// What is made again, and bears its time in its key.
pub(in crate::store) const DROP_TIMES: &[&str] = &[
    "delete from showings where at > ?1",
    "delete from raws where at > ?1",
    "delete from jobs where started > ?1",
];

pub(in crate::store) const LATE_VERDICTS: &str = "
select suggestion, editor, judged from verdicts where judged > ?1 order by judged desc";

pub(in crate::store) const REDATE_VERDICT: &str = "
update verdicts set judged = ?4 where suggestion = ?1 and editor = ?2 and judged = ?3";

/// Which items this connection has touched since the last look, and how many looks there were.
pub(in crate::store) const NOTE_TOUCHED: &str = "
create temp table if not exists touched_items (item text primary key);
create temp table if not exists looks (turn integer not null);
insert into looks select 0 where not exists (select 1 from looks);
create temp trigger if not exists item_came after insert on main.items begin
    insert into touched_items select new.id
    where not exists (select 1 from touched_items where item = new.id);
end;
create temp trigger if not exists item_changed after update on main.items begin
    insert into touched_items select new.id
    where not exists (select 1 from touched_items where item = new.id);
end;
create temp trigger if not exists item_went after delete on main.items begin
    insert into touched_items select old.id
    where not exists (select 1 from touched_items where item = old.id);
end;
create temp trigger if not exists item_brought after insert on main.item_sources begin
    insert into touched_items select new.item
    where not exists (select 1 from touched_items where item = new.item);
end;
create temp trigger if not exists item_told after insert on main.item_stories begin
    insert into touched_items select new.item
    where not exists (select 1 from touched_items where item = new.item);
end;";

pub(in crate::store) const TOUCHED: &str = "select item from touched_items order by item";

pub(in crate::store) const FORGET_TOUCHED: &str = "delete from touched_items";

pub(in crate::store) const NEXT_LOOK: &str = "update looks set turn = turn + 1 returning turn";

/// Columns that `items::read` expects, in its order, and the story.
pub(in crate::store) const TOLD_ITEMS: &str = "
select i.id, i.source, i.url, i.canonical_url, i.title, i.published, i.updated, i.summary,
       i.authors, i.categories, i.first_seen,
       (select string_agg(o.source, ' ') from item_sources o where o.item = i.id), s.story
from items i join item_stories s on s.item = i.id";

/// Columns of `TOLD_ITEMS`, of the stories of which something is new; what they told before is a part of them.
pub(in crate::store) const TOLD_SINCE: &str = "
select i.id, i.source, i.url, i.canonical_url, i.title, i.published, i.updated, i.summary,
       i.authors, i.categories, i.first_seen,
       (select string_agg(o.source, ' ') from item_sources o where o.item = i.id), s.story
from items i join item_stories s on s.item = i.id
where s.story in (select t.story from item_stories t join items n on n.id = t.item
                  where n.published >= ?1 or n.first_seen >= ?1)
order by i.published desc, i.id";

/// Columns of `TOLD_ITEMS`, of one item.
pub(in crate::store) const TOLD_ITEM: &str = "
select i.id, i.source, i.url, i.canonical_url, i.title, i.published, i.updated, i.summary,
       i.authors, i.categories, i.first_seen,
       (select string_agg(o.source, ' ') from item_sources o where o.item = i.id), s.story
from items i join item_stories s on s.item = i.id where i.id = ?1";
