//! How long a source that fails is left alone, and where it is looked for then.

use super::*;

#[test]
fn failures_back_off_up_to_a_day_and_a_success_ends_it() {
    let mut state = State::default();
    let mut waits = Vec::new();
    for _ in 0..8 {
        state = after(&state, &visit(500), now(), &LIMITS);
        waits.push(hours(&state));
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
    state = after(&state, &visit(200), now(), &LIMITS);
    assert_eq!((state.failures, hours(&state), state.last_error), (0, 1, None));
}

#[test]
fn who_did_not_answer_is_asked_again_within_three_hours() {
    let failed = |failure| Visit { error: Some("x".into()), failure, ..Visit::default() };
    for (name, visit, expected) in [
        ("nobody answered", failed(Some(Failure::Name)), [1, 2, 3, 3, 3, 3]),
        ("it broke off", failed(Some(Failure::Connection)), [1, 2, 3, 3, 3, 3]),
        ("no reason", failed(None), [1, 2, 3, 3, 3, 3]),
        ("our own list", failed(Some(Failure::Settings)), [1; 6]),
        ("our own disk", failed(Some(Failure::File)), [1; 6]),
        ("it answered", visit(503), [1, 2, 4, 8, 16, 24]),
    ] {
        let (mut state, mut waits) = (State::default(), Vec::new());
        for _ in 0..expected.len() {
            state = after(&state, &visit, now(), &LIMITS);
            waits.push(hours(&state));
        }
        assert_eq!(waits, expected, "{name}");
    }
    let rare = Limits { min_interval: HOUR * 5, ..LIMITS };
    assert_eq!(hours(&after(&State::default(), &failed(None), now(), &rare)), 5);
}

#[test]
fn after_failures_nobody_is_asked_again_within_the_minute() {
    let eager = Limits { min_interval: Duration::ZERO, ..LIMITS };
    let settings =
        Visit { error: Some("x".into()), failure: Some(Failure::Settings), ..Visit::default() };
    for (visit, expected) in [
        (visit(500), [1, 2, 4, 8]),
        (Visit { retry_after: Some(Duration::ZERO), ..visit(503) }, [1; 4]),
        (settings, [1; 4]),
    ] {
        let (mut state, mut waits) = (State::default(), Vec::new());
        for _ in 0..expected.len() {
            state = after(&state, &visit, now(), &eager);
            waits.push((state.next_at.unwrap() - now()).num_minutes());
        }
        assert_eq!(waits, expected, "{visit:?}");
    }
}

#[test]
fn a_move_is_remembered_once_the_new_address_has_answered_well() {
    let moved = |status| Visit { moved_to: Some("https://two.example/".into()), ..visit(status) };
    assert_eq!(after(&known(), &moved(500), now(), &LIMITS).moved_to, None);
    let state = after(&known(), &moved(200), now(), &LIMITS);
    assert_eq!(state.effective(ADDRESS), "https://two.example/");
    assert_eq!(after(&state, &visit(503), now(), &LIMITS).moved_to, state.moved_to);
    for dead in [visit(404), Visit { error: Some("no connection".into()), ..Visit::default() }] {
        let state = after(&state, &dead, now(), &LIMITS);
        assert_eq!(state.effective(ADDRESS), ADDRESS, "the old address may lead elsewhere by now");
    }
}

#[test]
fn a_move_to_what_is_no_feed_for_long_is_given_up() {
    let moved = State { moved_to: Some("https://two.example/".into()), ..known() };
    let parked =
        Visit { error: Some("a page".into()), failure: Some(Failure::NotAFeed), ..visit(200) };
    for failed in [parked, visit(403), visit(500), visit(429)] {
        let mut state = moved.clone();
        let mut asked = Vec::new();
        for _ in 0..3 {
            state = after(&state, &failed, now(), &LIMITS);
            asked.push(state.effective(ADDRESS).to_owned());
        }
        let new = "https://two.example/";
        assert_eq!(asked, [new, new, ADDRESS], "{failed:?}");
    }
    // What fails now and then is where it is.
    let mut state = moved;
    for status in [500, 500, 200, 500, 500] {
        state = after(&state, &visit(status), now(), &LIMITS);
        assert_eq!(state.effective(ADDRESS), "https://two.example/");
    }
}
