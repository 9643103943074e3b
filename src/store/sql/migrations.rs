//! The steps that a database took from one version to the next.

/// The steps that bring a database from one version to the next. A step, once released, never
/// changes; a new one is added at the end.
pub(in crate::store) const MIGRATIONS: &[&str] = &[
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
    // A run that has begun and not ended is no run of the past; what is remembered of alerts is one text.
    "
create table begun_jobs (
    name text not null,
    started bigint not null,
    process bigint not null,
    primary key (name, started)
);
create table alerts (
    id bigint primary key,
    memory text not null
);
",
    // What upkeep did last, and the keys of items that it has forgotten.
    "
create table upkeep (
    name text primary key,
    at bigint not null,
    reached bigint not null,
    fault text
);
create table forgotten (
    key text primary key,
    at bigint not null
);
create index forgotten_by_time on forgotten (at);
create index suggestions_by_showing on suggestions (last_shown);
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
