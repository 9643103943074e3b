//! Every statement of the store, once.
//!
//! Only what SQLite and PostgreSQL read alike: TEXT, BIGINT and DOUBLE PRECISION, `?1` parameters
//! in order of appearance, `insert … on conflict`. Times are seconds since 1970; lists are JSON.

pub(super) use keeping::*;
pub(super) use migrations::MIGRATIONS;

mod keeping;
mod migrations;

pub(super) const STATES: &str = "select id, state from source_states";

pub(super) const KEEP_STATE: &str = "
insert into source_states (id, state) values (?1, ?2)
on conflict (id) do update set state = excluded.state";

pub(super) const ITEM_OF_KEY: &str = "select item from item_keys where key = ?1";

/// A key once known leads to its item, so that a moved one is found under its old address.
pub(super) const ITEM_KEY: &str =
    "insert into item_keys (key, item) values (?1, ?2) on conflict (key) do nothing";

/// An address goes with the item that is shown at it now.
pub(super) const PASS_ON: &str = "update item_keys set item = ?2 where key = ?1";

/// The steps that make one item of two: everything of ?1 becomes ?2's.
pub(super) const MERGE_ITEMS: &[&str] = &[
    "insert into item_sources (item, source) select ?2, source from item_sources where item = ?1
     on conflict (item, source) do nothing",
    "update item_keys set item = ?2 where item = ?1",
    "update suggestions set item = ?2 where item = ?1",
    "insert into item_stories (item, story) select ?2, story from item_stories where item = ?1
     on conflict (item) do nothing",
    // It was known as early as the one that was seen first. Where no source has named a day, its day is the
    // one on which it was seen.
    "update items set
         published = case when published = first_seen
                     then (select min(o.first_seen) from items o where o.id in (?1, ?2))
                     else published end,
         first_seen = (select min(o.first_seen) from items o where o.id in (?1, ?2))
     where id = ?2",
    "delete from items where id = ?1 and id <> ?2",
];

pub(super) const PACES: &str = "select name, pace from hosts";

pub(super) const KEEP_PACE: &str = "
insert into hosts (name, pace) values (?1, ?2)
on conflict (name) do update set pace = excluded.pace";

pub(super) const FORGET_PACE: &str = "delete from hosts where name = ?1";

pub(super) const ITEM_TEXT: &str =
    "select title, summary, url, authors, categories, source from items where id = ?1";

pub(super) const NEW_ITEM: &str = "
insert into items (id, source, url, canonical_url, title, published, updated, summary, authors,
                   categories, first_seen)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

/// An edited item keeps its first source, its publication and the time it was first seen.
pub(super) const EDITED_ITEM: &str = "
update items set url = ?1, canonical_url = ?2, title = ?3, updated = ?4, summary = ?5, authors = ?6,
                 categories = ?7
where id = ?8";

pub(super) const ITEM_SOURCE: &str = "
insert into item_sources (item, source) values (?1, ?2) on conflict (item, source) do nothing";

/// Columns that `items::read` expects, in its order.
pub(super) const ITEMS_SINCE: &str = "
select id, source, url, canonical_url, title, published, updated, summary, authors, categories,
       first_seen, (select string_agg(s.source, ' ') from item_sources s where s.item = id)
from items where published >= ?1 or first_seen >= ?1 order by published desc, id";

pub(super) const ITEM: &str = "
select id, source, url, canonical_url, title, published, updated, summary, authors, categories,
       first_seen, (select string_agg(s.source, ' ') from item_sources s where s.item = id)
from items where id = ?1";

pub(super) const ITEM_COUNTS: &str = "select source, count(*) from item_sources group by source";

/// When the newest item of each source was published.
pub(super) const NEWEST_ITEMS: &str = "
select s.source, max(i.published) from item_sources s join items i on i.id = s.item group by s.source";

/// The last word of a parser on when an item was published: of the visit that brought the item, or
/// where nothing but the time of that visit was known. Anything else is a source's change of mind.
pub(super) const REPLAYED_DATE: &str = "
update items set published = ?1
where id = ?2 and source = ?3 and (first_seen = ?4 or published = first_seen)";

/// Columns that `replay::digests` expects, in its order.
pub(super) const ITEMS_OF: &str = "
select id, title, summary, url, canonical_url, authors, categories, published, updated
from items where source = ?1";

/// What a source brought last is not kept twice.
pub(super) const KEEP_RAW: &str = "
insert into raws (source, at, url, status, content_type, length, size, body)
select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
where not exists (select 1 from raws r where r.source = ?1 and r.body = ?8 and r.at =
                  (select max(l.at) from raws l where l.source = ?1))
on conflict (source, at) do update set url = excluded.url, status = excluded.status,
    content_type = excluded.content_type, length = excluded.length, size = excluded.size,
    body = excluded.body";

pub(super) const FORGET_OLD_RAWS: &str = "delete from raws where at < ?1";

/// The latest answer of a source has nothing before it, and so stays.
pub(super) const FORGET_MANY_RAWS: &str = "
delete from raws where (source, at) in (
    select source, at from (
        select source, at, size, sum(size) over (partition by source order by at desc) as total
        from raws) as kept
    where total > ?1 and total > size)";

pub(super) const RAWS: &str = "select source, at from raws order by at, source";

pub(super) const RAW: &str =
    "select url, status, content_type, length, body from raws where source = ?1 and at = ?2";

pub(super) const REMEMBER: &str = "
insert into suggestions (id, target_kind, target, item, score, reasons, first_shown, last_shown)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
on conflict (id) do update set score = excluded.score, reasons = excluded.reasons,
                               last_shown = excluded.last_shown";

pub(super) const SUGGESTION: &str = "select id, target_kind, target, item, score, reasons, last_shown from suggestions where id = ?1";

/// Two lists within one second that have a suggestion in common: the later one was seen.
pub(super) const KEEP_SHOWING: &str = "
insert into showings (suggestion, at, rank, score, features, model, configuration)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
on conflict (suggestion, at) do update set rank = excluded.rank, score = excluded.score,
    features = excluded.features, model = excluded.model, configuration = excluded.configuration";

pub(super) const SHOWING: &str = "
select rank, features, model, configuration from showings
where suggestion = ?1 and at <= ?2 order by at desc limit 1";

pub(super) const HAS_SHOWING: &str =
    "select 1 from showings where suggestion = ?1 and model = ?2 and configuration = ?3";

pub(super) const FORGET_SHOWINGS: &str = "
delete from showings where at < ?1
and at < (select max(l.at) from showings l where l.suggestion = showings.suggestion)
and not exists (select 1 from verdicts v where v.suggestion = showings.suggestion)";

/// Columns that `suggestions::open` expects, in its order.
pub(super) const OPEN_SUGGESTIONS: &str = "
select s.id, s.target, i.title, i.url from suggestions s join items i on i.id = s.item
where s.target_kind = 'article' and not exists
    (select 1 from verdicts v where v.suggestion = s.id and v.verdict = 'cited')
order by s.id";

/// That a suggestion is cited by its article is true once and for all.
pub(super) const JUDGE: &str = "
insert into verdicts (suggestion, verdict, reason, editor, judged, features, model, configuration)
select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
where ?2 <> 'cited' or not exists
    (select 1 from verdicts v where v.suggestion = ?1 and v.verdict = 'cited')
on conflict (suggestion, editor, judged) do update set verdict = excluded.verdict,
    reason = excluded.reason, features = excluded.features, model = excluded.model,
    configuration = excluded.configuration";

/// Columns that `verdicts::verdicts` expects, in its order. An editor who changes their mind counts
/// once.
pub(super) const VERDICTS: &str = "
select v.suggestion, s.target_kind, s.target, s.item, i.title, i.url, i.source, v.verdict, v.reason,
       v.editor, v.judged, v.model, v.configuration, v.features
from verdicts v join suggestions s on s.id = v.suggestion left join items i on i.id = s.item
where v.judged = (select max(l.judged) from verdicts l
                  where l.suggestion = v.suggestion and l.editor = v.editor and l.judged <= ?1)
order by v.judged, v.suggestion, v.editor";

/// Of two runs that began within one second, the later is put down a second later: none is lost.
pub(super) const RECORD_JOB: &str = "
insert into jobs (name, started, took_ms, error, report) values (?1, coalesce(
    (select max(started) + 1 from jobs where name = ?1 and started >= ?2 and started < ?2 + 60),
    ?2), ?3, ?4, ?5)
on conflict (name, started) do update set took_ms = excluded.took_ms, error = excluded.error,
                                          report = excluded.report";

pub(super) const LAST_JOBS: &str = "
select name, started, took_ms, error, report from jobs
where (name, started) in (select name, max(started) from jobs group by name) order by name";

/// Runs older than this many seconds' time are history that nobody reads.
pub(super) const FORGET_JOBS: &str = "delete from jobs where started < ?1";

/// Columns of `LAST_JOBS`; of those runs that did not fail.
pub(super) const LAST_GOOD_JOBS: &str = "
select name, started, took_ms, error, report from jobs
where (name, started) in (select name, max(started) from jobs where error is null group by name)
order by name";

/// Columns of `LAST_JOBS`.
pub(super) const JOBS: &str = "
select name, started, took_ms, error, report from jobs
where ?1 is null or name = ?1 order by started desc, name limit ?2";

/// All but the newest ?2 runs of a job.
pub(super) const FORGET_MANY_JOBS: &str = "
delete from jobs where name = ?1 and started <=
    (select started from jobs where name = ?1 order by started desc limit 1 offset ?2)";

pub(super) const BEGIN_JOB: &str = "
insert into begun_jobs (name, started, process) values (?1, ?2, ?3)
on conflict (name, started) do update set process = excluded.process";

pub(super) const END_JOB: &str = "delete from begun_jobs where name = ?1 and started = ?2";

pub(super) const BEGUN_JOBS: &str =
    "select name, started, process from begun_jobs order by started, name";

pub(super) const ALERTS: &str = "select memory from alerts where id = 1";

pub(super) const KEEP_ALERTS: &str = "
insert into alerts (id, memory) values (1, ?1)
on conflict (id) do update set memory = excluded.memory";

pub(super) const QUEUE_PUSH: &str = "
insert into pushes (url, turn, queued, attempts, next_at, error) values (?1, 1, ?2, 0, ?2, null)
on conflict (url) do update set turn = pushes.turn + 1, attempts = 0, next_at = excluded.next_at";

/// Columns that `pushes::due` expects, in its order.
pub(super) const DUE_PUSHES: &str = "
select url, turn, queued, attempts, error from pushes where next_at <= ?1 order by next_at, url";

pub(super) const NEXT_PUSH: &str = "select min(next_at) from pushes";

pub(super) const PUSH_DONE: &str = "delete from pushes where url = ?1 and turn = ?2";

pub(super) const PUSH_FAILED: &str = "
update pushes set attempts = attempts + 1, next_at = ?1, error = ?2 where url = ?3 and turn = ?4";

pub(super) const SUBSCRIPTIONS: &str = "select state from subscriptions order by token";

pub(super) const SUBSCRIPTIONS_OF: &str =
    "select state from subscriptions where source = ?1 order by token";

pub(super) const SUBSCRIPTION: &str = "select state from subscriptions where token = ?1";

pub(super) const KEEP_SUBSCRIPTION: &str = "
insert into subscriptions (token, source, state) values (?1, ?2, ?3)
on conflict (token) do update set state = excluded.state";

pub(super) const FORGET_SUBSCRIPTION: &str = "delete from subscriptions where token = ?1";

/// The story of each item that has one, of those that `ITEMS_SINCE` gives.
pub(super) const STORIES_SINCE: &str = "
select s.item, s.story from item_stories s join items i on i.id = s.item
where i.published >= ?1 or i.first_seen >= ?1";

/// When the first of the items without a story was seen. Counting tells in no time that there are none:
/// whatever has a story is an item.
pub(super) const FIRST_WITHOUT_STORY: &str = "
select min(first_seen) from items
where (select count(*) from items) > (select count(*) from item_stories)
and id in (select id from items except select item from item_stories)";

/// An item that has its story keeps it.
pub(super) const KEEP_STORY: &str = "
insert into item_stories (item, story) select id, ?2 from items where id = ?1
on conflict (item) do nothing";

/// After a restart readers are counted anew: the larger of the counts is nearer to the truth.
pub(super) const KEEP_READERS: &str = "
insert into feed_readers (feed, day, readers) values (?1, ?2, ?3)
on conflict (feed, day) do update set readers =
    case when excluded.readers > feed_readers.readers then excluded.readers
         else feed_readers.readers end";

/// The last word of an aggregator counts.
pub(super) const KEEP_SUBSCRIBERS: &str = "
insert into feed_subscribers (feed, aggregator, feed_id, day, subscribers)
values (?1, ?2, ?3, ?4, ?5)
on conflict (feed, aggregator, feed_id, day) do update set subscribers = excluded.subscribers";

pub(super) const FORGET_READERS: &[&str] =
    &["delete from feed_readers where day < ?1", "delete from feed_subscribers where day < ?1"];

pub(super) const READERS_SINCE: &str =
    "select feed, day, readers from feed_readers where day >= ?1 order by feed, day";

pub(super) const SUBSCRIBERS_SINCE: &str = "
select feed, aggregator, feed_id, day, subscribers from feed_subscribers
where day >= ?1 order by feed, aggregator, feed_id, day";
