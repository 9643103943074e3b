use super::*;
use proptest::prelude::*;
use url::Url;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn at(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

fn offer(hub: &str) -> Offer {
    Offer { hub: Url::parse(hub).unwrap(), topic: "https://a.example/feed".to_owned() }
}

const HUB: &str = "https://hub.example/";

fn new() -> Subscription {
    Subscription::new("a", &offer(HUB), "token".to_owned(), "secret".to_owned(), start())
}

fn confirmed(minutes: u64) -> Event {
    Event::Confirmed { lease: Some(Duration::from_mins(minutes)) }
}

fn visited(news: bool) -> Event {
    Event::Visited { offer: Some(offer(HUB)), news }
}

fn failed(wait: Option<u64>) -> Event {
    Event::Failed { reason: "503".to_owned(), wait: wait.map(Duration::from_mins) }
}

/// The subscription after events at so many minutes.
fn after(events: impl IntoIterator<Item = (i64, Event)>) -> Option<Subscription> {
    events.into_iter().try_fold(new(), |it, (minutes, event)| it.after(event, at(minutes)))
}

#[test]
fn the_hub_is_asked_until_it_confirms_and_again_before_the_lease_ends() {
    let ask = Some(Mode::Subscribe);
    let held = || vec![(0, Event::Sent), (1, confirmed(300))];
    for (events, minute, expected) in [
        (vec![], 0, ask),
        (vec![(0, Event::Sent)], 9, None),
        (vec![(0, Event::Sent)], 10, ask),
        (vec![(0, Event::Sent), (10, Event::Sent)], 29, None),
        (vec![(0, Event::Sent), (10, Event::Sent)], 30, ask),
        (vec![(0, Event::Sent), (1, failed(Some(60)))], 60, None),
        (vec![(0, Event::Sent), (1, failed(Some(60)))], 61, ask),
        (vec![(0, Event::Sent), (1, failed(Some(1)))], 9, None),
        (held(), 200, None),
        (held(), 201, ask),
        ([held(), vec![(201, Event::Sent)]].concat(), 210, None),
        ([held(), vec![(201, Event::Sent)]].concat(), 211, ask),
        ([held(), vec![(201, Event::Sent), (202, confirmed(300))]].concat(), 401, None),
        ([held(), vec![(5, Event::Denied { reason: None })]].concat(), 9_999, None),
        ([held(), vec![(5, Event::Left)]].concat(), 5, Some(Mode::Unsubscribe)),
    ] {
        let due = after(events.clone()).unwrap().due(at(minute));
        assert_eq!(due, expected, "{events:?} {minute}");
    }
}

#[test]
fn only_what_was_asked_is_confirmed() {
    let topic = "https://a.example/feed";
    let (subscribe, unsubscribe) = (Mode::Subscribe, Mode::Unsubscribe);
    let sent = || vec![(0, Event::Sent)];
    let held = || vec![(0, Event::Sent), (1, confirmed(300))];
    let left = || [held(), vec![(2, Event::Left)]].concat();
    for (events, mode, topic, expected) in [
        (vec![], subscribe, topic, false),
        (sent(), subscribe, topic, true),
        (sent(), subscribe, "https://b.example/", false),
        (sent(), unsubscribe, topic, false),
        (held(), subscribe, topic, true),
        (held(), unsubscribe, topic, false),
        (left(), unsubscribe, topic, false),
        ([left(), vec![(3, Event::Sent)]].concat(), unsubscribe, topic, true),
        ([left(), vec![(3, Event::Sent)]].concat(), subscribe, topic, false),
        ([held(), vec![(2, Event::Denied { reason: None })]].concat(), subscribe, topic, false),
    ] {
        let known = after(events.clone()).unwrap();
        assert_eq!(known.expects(mode, topic), expected, "{events:?} {mode:?} {topic}");
    }
}

#[test]
fn a_source_is_visited_rarely_while_pushes_arrive_and_no_longer() {
    let longest = Duration::from_hours(2);
    let held = |more: &[(i64, Event)]| [&[(0, Event::Sent), (1, confirmed(300))], more].concat();
    let pushed = (10, Event::Pushed);
    let denied = Event::Denied { reason: Some("moved".to_owned()) };
    for (name, events, last_visit, minute, expected) in [
        ("nothing has proved it yet", held(&[]), Some(0), 20, false),
        ("pushes arrive", held(std::slice::from_ref(&pushed)), Some(0), 20, true),
        ("it has never been visited", held(std::slice::from_ref(&pushed)), None, 20, false),
        ("a rare visit is due", held(std::slice::from_ref(&pushed)), Some(0), 120, false),
        ("the lease has ended", held(std::slice::from_ref(&pushed)), Some(290), 301, false),
        (
            "the lease was renewed",
            held(&[pushed.clone(), (200, confirmed(300))]),
            Some(290),
            301,
            true,
        ),
        ("the hub denies", held(&[pushed.clone(), (15, denied)]), Some(0), 20, false),
        ("a visit found more", held(&[pushed.clone(), (15, visited(true))]), Some(15), 20, false),
        ("it found no more", held(&[pushed.clone(), (15, visited(false))]), Some(15), 20, true),
        (
            "pushes have begun again",
            held(&[pushed.clone(), (15, visited(true)), (17, Event::Pushed)]),
            Some(15),
            20,
            true,
        ),
        ("a push was no feed", held(&[pushed.clone(), (15, Event::Garbled)]), Some(15), 20, false),
        ("it is being left", held(&[pushed.clone(), (15, Event::Left)]), Some(15), 20, false),
    ] {
        let last_visit = last_visit.map(at);
        let known = after(events).unwrap();
        assert_eq!(known.spares(last_visit, longest, at(minute)), expected, "{name}");
    }
}

#[test]
fn a_time_that_only_a_wrong_clock_can_have_noted_ends_no_subscription() {
    let now = at(0);
    let days = |number| now + TimeDelta::days(number);
    let far = DateTime::<Utc>::MAX_UTC;
    let (held, refused, leaving) = (Stage::Held, Stage::Refused, Stage::Leaving);
    for (stage, next_at, lease_end, due_then, lease_then) in [
        // What can be true stays: a lease that runs, one that has ended, the longest that is believed.
        (held, days(7), Some(days(10)), days(7), Some(days(10))),
        (held, days(-9), Some(days(-3)), days(-9), Some(days(-3))),
        (held, days(20), Some(days(30)), days(20), Some(days(30))),
        (refused, days(30), None, days(30), None),
        // What cannot is asked for anew, at once.
        (held, days(400), Some(days(600)), now, None),
        (held, far, Some(far), now, None),
        (held, days(2), Some(days(600)), now, None),
        (held, days(-1), Some(days(600)), days(-1), None),
        (held, days(400), Some(days(3)), now, Some(days(3))),
        (Stage::Wanted, days(32), None, now, None),
        (refused, days(400), None, now, None),
        (leaving, days(400), Some(days(600)), now, None),
    ] {
        let kept = Subscription { stage, next_at, lease_end, last_push: Some(now), ..new() };
        let spared = kept.spares(Some(now), Duration::from_hours(1), now);
        let known = kept.plausible(now);
        let case = format!("{stage:?} {next_at} {lease_end:?}");
        assert_eq!((known.next_at, known.lease_end), (due_then, lease_then), "{case}");
        let spares = known.spares(Some(now), Duration::from_hours(1), now);
        assert_eq!(spares, spared && lease_then == lease_end, "{case}");
    }
}

#[test]
fn a_push_out_of_the_future_carries_only_until_something_was_missed() {
    let ahead = |minutes| Some(at(minutes) + TimeDelta::days(9_000));
    let held = after([(0, Event::Sent), (1, confirmed(300))]).unwrap();
    let both = Subscription { last_push: ahead(2), last_missed: ahead(1), ..held.clone() };
    assert!(!both.plausible(at(2)).carries(at(2)), "nobody knows which was first");
    let pushed = Subscription { last_push: ahead(2), ..held };
    let known = pushed.after(visited(true), at(2)).unwrap();
    assert!(!known.clone().plausible(at(3)).carries(at(3)));
    assert!(known.after(Event::Pushed, at(4)).unwrap().carries(at(5)));
}

#[test]
fn a_hub_that_refuses_is_left_in_peace_and_asked_again_much_later() {
    let day = 24 * 60;
    let denied = Event::Denied { reason: Some("no".to_owned()) };
    let refused = vec![(0, Event::Sent), (1, denied)];
    let known = after(refused.clone()).unwrap();
    assert_eq!(known.stage, Stage::Refused);
    assert_eq!(known.error.as_deref(), Some("the hub refuses: no"));
    for (minute, expected) in
        [(2, Stage::Refused), (29 * day, Stage::Refused), (31 * day, Stage::Wanted)]
    {
        let next = after([refused.clone(), vec![(minute, visited(false))]].concat());
        assert_eq!(next.unwrap().stage, expected, "{minute}");
    }
}

#[test]
fn what_the_source_no_longer_offers_is_left() {
    let gone = Event::Visited { offer: None, news: false };
    let other = Event::Visited { offer: Some(offer("https://other.example/")), news: false };
    for event in [gone, other, Event::Left] {
        assert_eq!(after([(1, event.clone())]), None, "nobody was asked");
        let known = after([(0, Event::Sent), (1, confirmed(300)), (2, event.clone())]).unwrap();
        assert_eq!(known.stage, Stage::Leaving, "{event:?}");
        let known = known.after(Event::Sent, at(3)).unwrap();
        assert_eq!(known.clone().after(Event::Pushed, at(4)), Some(known.clone()));
        assert_eq!(known.after(Event::Confirmed { lease: None }, at(5)), None);
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Sent),
        proptest::option::of(0..10_000_u64).prop_map(failed),
        proptest::option::of(any::<u64>())
            .prop_map(|lease| Event::Confirmed { lease: lease.map(Duration::from_secs) }),
        Just(Event::Denied { reason: None }),
        Just(Event::Pushed),
        Just(Event::Garbled),
        any::<bool>().prop_map(visited),
        Just(Event::Visited { offer: None, news: true }),
        Just(Event::Left),
    ]
}

proptest! {
    #[test]
    fn pushes_are_relied_on_only_within_a_lease_that_is_renewed_in_time(
        events in proptest::collection::vec((0..5_000_i64, event()), 0..40),
    ) {
        let mut minute = 0;
        let mut known = new();
        for (wait, event) in events {
            minute += wait;
            let was_confirmed = matches!(event, Event::Confirmed { .. });
            let Some(next) = known.after(event, at(minute)) else { break };
            known = next;
            let now = at(minute);
            prop_assert!(!known.carries(now) || known.lease_end.is_some_and(|end| end > now));
            prop_assert!(known.stage != Stage::Leaving || !known.carries(now));
            if was_confirmed {
                let end = known.lease_end.unwrap();
                prop_assert!(known.next_at > now && known.next_at < end);
            }
        }
    }

    #[test]
    fn a_hub_that_is_away_is_not_asked_for_ever(waits in proptest::collection::vec(0..600_u64, 20)) {
        let (mut now, mut known, mut asked) = (start(), new(), 0);
        for wait in waits {
            if known.due(now).is_none() { break }
            let before = known.next_at;
            known = known.after(Event::Sent, now).unwrap();
            if known.stage == Stage::Wanted {
                asked += 1;
                known = known.after(failed(Some(wait)), now).unwrap();
            }
            prop_assert!(known.next_at >= before + FIRST_WAIT);
            now = known.next_at;
        }
        prop_assert_eq!((known.stage, asked), (Stage::Refused, MOST_ATTEMPTS));
    }
}
