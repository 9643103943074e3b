use super::*;

mod failing;

const HOUR: Duration = Duration::from_hours(1);
const LIMITS: Limits =
    Limits { min_interval: HOUR, max_interval: Duration::from_hours(24), share: 0 };
const ADDRESS: &str = "https://one.example/feed";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn hours(state: &State) -> i64 {
    (state.next_at.unwrap() - now()).num_hours()
}

fn value(text: &str) -> Option<FieldValue> {
    FieldValue::new(text.as_bytes())
}

fn visit(status: u16) -> Visit {
    Visit {
        status: Some(status),
        conditional: true,
        address: Some(ADDRESS.into()),
        ..Visit::default()
    }
}

fn known() -> State {
    let validators = Validators {
        address: ADDRESS.into(),
        etag: value("\"a\""),
        last_modified: value("Fri, 13 Jun 2025 08:00:00 GMT"),
    };
    State { validators: Some(validators), ..State::default() }
}

#[test]
fn the_first_request_is_unconditional_and_the_next_sends_back_what_came() {
    assert_eq!(request(&State::default(), ADDRESS), Request::default());
    let asked = request(&known(), ADDRESS);
    assert_eq!(asked.if_none_match, value("\"a\""));
    assert_eq!(asked.if_modified_since, value("Fri, 13 Jun 2025 08:00:00 GMT"));
    assert!(asked.is_conditional() && asked.difference);
}

#[test]
fn validators_are_for_the_address_that_gave_them() {
    for other in
        ["https://two.example/feed", "https://one.example/feed?a", "http://one.example/feed"]
    {
        assert_eq!(request(&known(), other), Request::default(), "{other}");
    }
    let moved = Visit {
        address: Some("https://two.example/feed".into()),
        etag: value("\"b\""),
        ..visit(200)
    };
    let state = after(&known(), &moved, now(), &LIMITS);
    assert_eq!(request(&state, ADDRESS), Request::default());
    assert_eq!(request(&state, "https://two.example/feed").if_none_match, value("\"b\""));
}

#[test]
fn only_an_etag_lets_a_server_tell_the_difference() {
    let dated = after(
        &State::default(),
        &Visit { last_modified: value("yesterday"), ..visit(200) },
        now(),
        &LIMITS,
    );
    let asked = request(&dated, ADDRESS);
    assert!(asked.is_conditional() && !asked.difference);
}

#[test]
fn validators_are_those_of_the_last_answer() {
    assert_eq!(after(&known(), &visit(200), now(), &LIMITS).validators, None);
    let renewed = Visit { etag: value("W/\"b\""), ..visit(304) };
    let renewed = after(&known(), &renewed, now(), &LIMITS).validators.unwrap();
    assert_eq!(renewed.etag, value("W/\"b\""));
    assert_eq!(renewed.last_modified, known().validators.unwrap().last_modified);
    let failed = after(&known(), &visit(500), now(), &LIMITS);
    assert_eq!((failed.validators, failed.failures), (known().validators, 1));
}

#[test]
fn a_body_that_broke_off_is_asked_for_again_until_it_is_seen_to_be_all_there_is() {
    let brought = |body: &[u8], is_cut| {
        let wishes = Wishes { is_cut, ..Wishes::default() };
        Visit { digest: Some(digest(body)), wishes, etag: value("\"b\""), ..visit(200) }
    };
    let mut state = known();
    for (name, visit, expected) in [
        ("cut", brought(b"abc", true), false),
        ("cut elsewhere", brought(b"ab", true), false),
        ("whole", brought(b"abcd", false), true),
        ("cut later", brought(b"abcde", true), false),
        ("and the same again", brought(b"abcde", true), true),
    ] {
        state = after(&state, &visit, now(), &LIMITS);
        assert_eq!(request(&state, ADDRESS).is_conditional(), expected, "{name}");
    }
}

#[test]
fn the_next_visit_waits_for_the_longest_that_anybody_asked() {
    let wishes = |hours| Wishes { interval: Some(HOUR * hours), ..Wishes::default() };
    for (visit, expected) in [
        (visit(200), 1),
        (visit(304), 1),
        (Visit { fresh: Some(HOUR * 3), wishes: wishes(2), ..visit(200) }, 3),
        (Visit { fresh: Some(HOUR * 3), wishes: wishes(5), ..visit(200) }, 5),
        (Visit { fresh: Some(HOUR / 60), ..visit(200) }, 1),
        (Visit { fresh: Some(HOUR * 48), ..visit(200) }, 48),
        (Visit { fresh: Some(HOUR * 1_000), ..visit(200) }, 7 * 24),
        (visit(500), 1),
        (Visit { retry_after: Some(HOUR * 5), ..visit(429) }, 5),
        (Visit { retry_after: Some(HOUR / 60), ..visit(503) }, 1),
        (Visit { retry_after: Some(HOUR * 100_000), ..visit(503) }, 7 * 24),
        (Visit { conditional: false, ..visit(304) }, 1),
    ] {
        assert_eq!(hours(&after(&known(), &visit, now(), &LIMITS)), expected, "{visit:?}");
    }
}

#[test]
fn what_a_feed_asks_for_holds_until_it_says_otherwise() {
    let wishes = Wishes { interval: Some(HOUR * 5), ..Wishes::default() };
    let asked = after(&known(), &Visit { wishes, ..visit(200) }, now(), &LIMITS);
    let unchanged = after(&asked, &visit(304), now(), &LIMITS);
    assert_eq!((hours(&asked), hours(&unchanged)), (5, 5));
    assert_eq!(hours(&after(&unchanged, &visit(200), now(), &LIMITS)), 1);
}

#[test]
fn hours_that_a_feed_asks_to_skip_are_skipped_by_every_visit() {
    // It is 15:06 GMT on a Sunday.
    let wishes = Wishes { skip_hours: 0b111 << 16, ..Wishes::default() };
    let state = after(&known(), &Visit { wishes, ..visit(200) }, now(), &LIMITS);
    assert_eq!(hours(&state), 4);
    assert_eq!(hours(&after(&state, &visit(500), now(), &LIMITS)), 4);
}

#[test]
fn a_source_is_visited_as_often_as_it_publishes_within_the_operators_bounds() {
    for (gap, expected) in [(0, 1), (1, 1), (8, 4), (30, 15), (100, 24)] {
        let dates = (1..=10).map(|entry| now() - TimeDelta::hours(entry * gap));
        let rhythm = Some(Rhythm::of(dates, now()));
        let state = after(&known(), &Visit { rhythm, ..visit(200) }, now(), &LIMITS);
        assert_eq!(hours(&state), expected, "an entry each {gap} hours");
    }
    let rhythm = Some(Rhythm::of([], now()));
    let state = after(&known(), &Visit { rhythm, ..visit(200) }, now(), &LIMITS);
    let later = now() + TimeDelta::hours(12);
    let quiet = after(&state, &visit(304), later, &LIMITS);
    assert_eq!((quiet.next_at.unwrap() - later).num_hours(), 6, "silence counts");
}

#[test]
fn the_same_bytes_again_are_no_news() {
    let brought = |body: &[u8], at| Visit {
        digest: Some(digest(body)),
        // Entries without dates.
        rhythm: Some(Rhythm::of([], at)),
        ..visit(200)
    };
    let mut state = after(&known(), &brought(b"a", now()), now(), &LIMITS);
    for (hours, body, expected) in [(10, b"a", 5), (20, b"a", 10), (30, b"b", 1)] {
        let at = now() + TimeDelta::hours(hours);
        state = after(&state, &brought(body, at), at, &LIMITS);
        assert_eq!((state.next_at.unwrap() - at).num_hours(), expected, "after {hours} hours");
    }
}

#[test]
fn another_address_in_the_list_is_another_source() {
    let state = State { gone: true, ..known() }.of(ADDRESS);
    assert!(state.clone().of(ADDRESS).gone);
    let other = state.of("https://two.example/");
    assert_eq!(other, State { address: Some("https://two.example/".into()), ..State::default() });
}

#[test]
fn a_source_that_is_gone_can_be_asked_again() {
    let gone = after(&known(), &visit(410), now(), &LIMITS);
    assert!(!is_due(&gone, now(), true));
    assert!(is_due(&gone.clone().revived(), now(), false));
    let moved = State { moved_to: Some("https://two.example/".into()), ..gone };
    assert_eq!(moved.revived().effective(ADDRESS), ADDRESS, "it was the other one that said so");
    let waiting = after(&known(), &visit(200), now(), &LIMITS);
    assert_eq!(waiting.clone().revived(), waiting, "nobody else gains by it");
}

#[test]
fn a_time_that_only_a_wrong_clock_can_have_noted_silences_nobody() {
    let days = |number| Some(now() + TimeDelta::days(number));
    for (next_at, expected) in [
        (None, None),
        (days(-3), days(-3)),
        (days(7), days(7)),
        // A week that a server asked for, and a week of days that the feed asks to skip.
        (days(14), days(14)),
        (days(20), None),
        (days(9_000), None),
    ] {
        let kept = State { next_at, asked_to_wait: true, last_success: days(9), ..known() };
        let state = kept.plausible(now(), &LIMITS);
        assert_eq!(state.next_at, expected);
        assert_eq!(state.asked_to_wait, next_at == expected);
        assert_eq!(state.last_success, Some(now()));
        assert_eq!(state.validators, known().validators);
        let pace = pace::Pace { next_at, changed: days(9_000), ..pace::Pace::default() };
        let pace = pace.plausible(now());
        assert_eq!(pace.next_at, next_at.filter(|at| *at <= now() + TimeDelta::days(7)));
        assert_eq!(pace.changed, Some(now()));
    }
    // An operator who wants a source visited once in a quarter is no wrong clock.
    let rare = Limits { min_interval: Duration::from_hours(24 * 90), ..LIMITS };
    let next_at = days(95);
    assert_eq!(State { next_at, ..State::default() }.plausible(now(), &rare).next_at, next_at);
}

#[test]
fn the_share_of_a_source_is_made_of_its_name_alone() {
    let source = |id: &str| Source {
        id: id.into(),
        name: String::new(),
        url: ADDRESS.into(),
        language: None,
        tier: crate::source::Tier::Media,
        weight: 1.0,
        topics: Vec::new(),
        interval: Some(HOUR * 2),
        headers: [].into(),
        stale_after: None,
        enabled: true,
    };
    let of = |id: &str| LIMITS.of(&source(id));
    assert_eq!(of("a"), of("a"));
    assert_eq!((of("a").min_interval, of("a").max_interval), (HOUR * 2, LIMITS.max_interval));
    let shares: std::collections::HashSet<_> = (0..100).map(|n| of(&n.to_string()).share).collect();
    assert!(shares.len() > 95, "they stand apart: {}", shares.len());
}

#[test]
fn outcomes() {
    let failed = |visit| Visit { error: Some("x".into()), ..visit };
    for (visit, expected) in [
        (visit(200), Outcome::Updated),
        (visit(226), Outcome::Updated),
        (failed(visit(226)), Outcome::Failed),
        (visit(206), Outcome::Failed),
        (visit(304), Outcome::Unchanged),
        (Visit { conditional: false, ..visit(304) }, Outcome::Failed),
        (visit(410), Outcome::Gone),
        (visit(401), Outcome::Failed),
        (visit(403), Outcome::Failed),
        (visit(404), Outcome::Failed),
        (failed(visit(200)), Outcome::Failed),
        (failed(Visit::default()), Outcome::Failed),
        (Visit::default(), Outcome::Updated),
    ] {
        assert_eq!(outcome(&visit), expected, "{visit:?}");
    }
}

#[test]
fn what_went_wrong_is_said_in_a_sentence() {
    for (visit, begin) in [
        (visit(401), "401: the server refuses us"),
        (visit(403), "403: the server refuses us"),
        (visit(404), "404: there is nothing at this address"),
        (visit(410), "410: the feed is gone for good and is no longer visited"),
        (visit(429), "429: too many requests"),
        (visit(500), "the server answered 500"),
        (Visit { conditional: false, ..visit(304) }, "304 to a request without validators"),
    ] {
        let error = after(&known(), &visit, now(), &LIMITS).last_error.unwrap();
        assert!(error.starts_with(begin), "{error}");
    }
}

#[test]
fn all_hurries_nobody_who_asked_for_a_wait() {
    let waits = State { next_at: Some(now() + TimeDelta::hours(1)), ..State::default() };
    let asked = State { asked_to_wait: true, ..waits.clone() };
    let gone = State { gone: true, ..State::default() };
    for (state, due, due_with_all) in [
        (State::default(), true, true),
        (waits, false, true),
        (asked, false, false),
        (gone, false, false),
    ] {
        assert_eq!(
            (is_due(&state, now(), false), is_due(&state, now(), true)),
            (due, due_with_all)
        );
    }
}

#[test]
fn a_state_survives_being_kept() {
    let wishes = Wishes { interval: Some(HOUR), skip_hours: 3, skip_days: 1, is_cut: true };
    let rhythm = Some(Rhythm::of([now()], now()));
    let visit = Visit { wishes, rhythm, etag: FieldValue::new(b"\"\xe4\xff\""), ..visit(200) };
    let state = after(&known(), &visit, now(), &LIMITS);
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    assert_eq!(serde_json::from_str::<State>("{}").unwrap(), State::default());
}
