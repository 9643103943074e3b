//! Every statement of the store, once.
//!
//! Only what SQLite and PostgreSQL read alike: TEXT, BIGINT and DOUBLE PRECISION, `?1` parameters
//! in order of appearance, `insert … on conflict`. Times are seconds since 1970; lists are JSON.

/// The steps that bring a database from one version to the next. A step, once released, never
/// changes; a new one is added at the end.
pub(super) const MIGRATIONS: &[&str] = &[
    "
create table source_states (
    id text primary key,
    state text not null
);
create table items (
    id text primary key,
    source text not null,
    url text,
    canonical_url text,
    title text not null,
    published bigint not null,
    updated bigint,
    summary text not null,
    authors text not null,
    categories text not null,
    first_seen bigint not null
);
create index items_by_publication on items (published);
create index items_by_arrival on items (first_seen);
create table item_sources (
    item text not null references items (id) on delete cascade,
    source text not null,
    primary key (item, source)
);
create index item_sources_by_source on item_sources (source);
create table suggestions (
    id text primary key,
    target_kind text not null,
    target text not null,
    item text not null,
    score double precision not null,
    reasons text not null,
    first_shown bigint not null,
    last_shown bigint not null
);
create table verdicts (
    suggestion text not null,
    verdict text not null,
    reason text,
    editor text not null,
    judged bigint not null,
    primary key (suggestion, editor, judged)
);
create table jobs (
    name text not null,
    started bigint not null,
    took_ms bigint not null,
    error text,
    report text not null,
    primary key (name, started)
);
",
    "
create table pushes (
    url text primary key,
    turn bigint not null,
    queued bigint not null,
    attempts bigint not null,
    next_at bigint not null,
    error text
);
create index pushes_by_time on pushes (next_at);
",
    "
create table hosts (
    name text primary key,
    pace text not null
);
",
    // Until now an item's identifier was the only key that it had.
    "
create table item_keys (
    key text primary key,
    item text not null references items (id) on delete cascade
);
create index item_keys_by_item on item_keys (item);
create index suggestions_by_item on suggestions (item);
insert into item_keys (key, item) select id, id from items;
",
    "
create table subscriptions (
    token text primary key,
    source text not null,
    state text not null
);
create index subscriptions_by_source on subscriptions (source);
",
    "
create table raws (
    source text not null,
    at bigint not null,
    url text,
    status bigint,
    content_type text,
    length bigint not null,
    size bigint not null,
    body blob not null,
    primary key (source, at)
);
create index raws_by_time on raws (at);
",
    // What was judged before this has no features, and cannot be learnt from.
    "
create table showings (
    suggestion text not null references suggestions (id) on delete cascade,
    at bigint not null,
    rank bigint not null,
    score double precision not null,
    features text not null,
    model text not null,
    configuration text not null,
    primary key (suggestion, at)
);
create index showings_by_time on showings (at);
alter table verdicts add column features text;
alter table verdicts add column model text;
alter table verdicts add column configuration text;
",
    // A story has no row of its own: its identifier outlives the item that founded it.
    "
create table item_stories (
    item text primary key references items (id) on delete cascade,
    story text not null
);
create index item_stories_by_story on item_stories (story);
",
    "
create table feed_readers (
    feed text not null,
    day bigint not null,
    readers bigint not null,
    primary key (feed, day)
);
create index feed_readers_by_day on feed_readers (day);
create table feed_subscribers (
    feed text not null,
    aggregator text not null,
    feed_id text not null,
    day bigint not null,
    subscribers bigint not null,
    primary key (feed, aggregator, feed_id, day)
);
create index feed_subscribers_by_day on feed_subscribers (day);
",
];

pub(super) const STATES: &str = "select id, state from source_states";

pub(super) const KEEP_STATE: &str = "
insert into source_states (id, state) values (?1, ?2)
on conflict (id) do update set state = excluded.state";

pub(super) const ITEM_OF_KEY: &str = "select item from item_keys where key = ?1";

/// A key once known leads to its item for ever, so that a moved item is found under its old address.
pub(super) const ITEM_KEY: &str =
    "insert into item_keys (key, item) values (?1, ?2) on conflict (key) do nothing";

/// The steps that make one item of two: everything of ?1 becomes ?2's.
pub(super) const MERGE_ITEMS: &[&str] = &[
    "insert into item_sources (item, source) select ?2, source from item_sources where item = ?1
     on conflict (item, source) do nothing",
    "update item_keys set item = ?2 where item = ?1",
    "update suggestions set item = ?2 where item = ?1",
    "insert into item_stories (item, story) select ?2, story from item_stories where item = ?1
     on conflict (item) do nothing",
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
       first_seen
from items where published >= ?1 or first_seen >= ?1 order by published desc, id";

pub(super) const ITEM: &str = "
select id, source, url, canonical_url, title, published, updated, summary, authors, categories,
       first_seen
from items where id = ?1";

pub(super) const SOURCES_SINCE: &str = "
select s.item, s.source from item_sources s join items i on i.id = s.item
where i.published >= ?1 or i.first_seen >= ?1 order by s.item, s.source";

pub(super) const SOURCES_OF: &str =
    "select item, source from item_sources where item = ?1 order by source";

pub(super) const ITEM_COUNTS: &str = "select source, count(*) from item_sources group by source";

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

pub(super) const RECORD_JOB: &str = "
insert into jobs (name, started, took_ms, error, report) values (?1, ?2, ?3, ?4, ?5)
on conflict (name, started) do update set took_ms = excluded.took_ms, error = excluded.error,
                                          report = excluded.report";

pub(super) const LAST_JOBS: &str = "
select name, started, took_ms, error, report from jobs j
where started = (select max(started) from jobs k where k.name = j.name) order by name";

/// Runs older than this many seconds' time are history that nobody reads.
pub(super) const FORGET_JOBS: &str = "delete from jobs where started < ?1";

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

/// When the first of the items without a story was seen.
pub(super) const FIRST_WITHOUT_STORY: &str = "
select min(i.first_seen) from items i left join item_stories s on s.item = i.id
where s.item is null";

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
