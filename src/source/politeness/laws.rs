//! What holds whatever a server says.

use proptest::prelude::*;

use super::*;

const DAY: TimeDelta = TimeDelta::days(1);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn seconds(seconds: Option<u64>) -> Option<Duration> {
    seconds.map(Duration::from_secs)
}

fn delta(wait: Duration) -> TimeDelta {
    TimeDelta::from_std(wait).unwrap()
}

prop_compose! {
    /// Wishes up to a week, as far as one is followed.
    fn wait()(wait in proptest::option::of(0..=7 * 86_400_u64)) -> Option<Duration> { seconds(wait) }
}

prop_compose! {
    fn limits()(min in 60..=86_400_u64, longer in 0..=86_400_u64, share: u16) -> Limits {
        Limits {
            min_interval: Duration::from_secs(min),
            max_interval: Duration::from_secs(min + longer),
            share,
        }
    }
}

prop_compose! {
    fn visits()(
        status in proptest::sample::select(vec![200, 226, 304, 403, 404, 410, 429, 500, 503]),
        conditional: bool, retry_after in wait(), fresh in wait(), interval in wait(),
        skip_hours in 0..1_u32 << 24, skip_days in 0..1_u8 << 7,
        age in 0..10_000_000_i64, entries in 1..20_u32,
    ) -> Visit {
        Visit {
            status: Some(status), conditional, retry_after, fresh,
            wishes: Wishes { interval, skip_hours, skip_days, is_cut: false },
            rhythm: Some(Rhythm { since: now() - TimeDelta::seconds(age), entries }),
            ..Visit::default()
        }
    }
}

proptest! {
    #[test]
    fn whatever_a_server_writes_is_read_without_harm(
        fields in proptest::collection::vec(
            (proptest::sample::select(vec![
                "retry-after", "expires", "date", "cache-control", "ratelimit", "ratelimit-policy",
                "x-ratelimit-reset", "x-ratelimit-remaining", "ratelimit-reset", "im", "etag",
            ]), "[ -~]{0,20}|[0-9a-zA-Z:+,;=. -]{0,40}|[0-9]{1,2} (Jun|Jan) [0-9]{2,5} [0-9:]{1,8} [+-][0-9]{1,12}|(r|q|w|t|max-age|remaining|reset)=[0-9.e+-]{0,30}"),
            0..6,
        ),
        status in 100..600_u16,
    ) {
        let headers = fields.iter().map(|(name, value)| {
            let name = reqwest::header::HeaderName::from_static(name);
            (name, reqwest::header::HeaderValue::from_str(value).unwrap())
        }).collect();
        let limits = Limits {
            min_interval: Duration::from_hours(1),
            max_interval: Duration::from_hours(24),
            share: u16::MAX,
        };
        let visit = answer(status, &headers, "https://a.example/", &Request::default(), now());
        let pace = pace::after(&pace::Pace::default(), &visit, now());
        let state = after(&State::default(), &visit, now(), &limits);
        prop_assert!(state.next_at.unwrap() >= now() + TimeDelta::hours(1));
        prop_assert!(pace.next_at.is_none_or(|next| next <= now() + TimeDelta::days(7)));
    }

    #[test]
    fn nobody_is_visited_before_the_longest_wish(visit in visits(), limits in limits()) {
        let state = after(&State::default(), &visit, now(), &limits);
        let next = state.next_at.unwrap();
        prop_assert!(next >= now() + delta(limits.min_interval));
        let wishes = match outcome(&visit) {
            Outcome::Updated => [visit.fresh, visit.wishes.interval],
            Outcome::Unchanged => [visit.fresh, None],
            Outcome::Failed | Outcome::Gone => [visit.retry_after, None],
        };
        for wish in wishes.into_iter().flatten() {
            prop_assert!(next >= now() + delta(wish));
        }
        prop_assert_eq!(state.wishes.outside(next), next);
    }

    #[test]
    fn jitter_only_delays_and_by_a_tenth_at_most(visit in visits(), limits in limits()) {
        let visit = Visit { wishes: Wishes { skip_hours: 0, skip_days: 0, ..visit.wishes }, ..visit };
        let at = |limits| after(&State::default(), &visit, now(), limits).next_at.unwrap();
        let (with, without) = (at(&limits), at(&Limits { share: 0, ..limits }));
        prop_assert!(with >= without);
        prop_assert!(with - without <= (without - now()) / 10);
    }

    #[test]
    fn back_off_grows_and_never_beyond_a_day(limits in limits(), failures in 1..100_u32) {
        let wait = |failures: u32| {
            let state = State { failures, ..State::default() };
            let visit = Visit { status: Some(500), ..Visit::default() };
            after(&state, &visit, now(), &limits).next_at.unwrap() - now()
        };
        prop_assert!(wait(failures) >= wait(failures - 1));
        prop_assert!(wait(failures) <= DAY);
    }

    #[test]
    fn a_quiet_source_is_visited_within_the_operators_bounds(visit in visits(), limits in limits()) {
        let visit = Visit { status: Some(200), fresh: None, wishes: Wishes::default(), ..visit };
        let limits = Limits { share: 0, ..limits };
        let next = after(&State::default(), &visit, now(), &limits).next_at.unwrap();
        prop_assert!(next <= now() + delta(limits.max_interval));
    }

    #[test]
    fn two_sources_of_a_strained_host_never_get_one_instant(
        visits in proptest::collection::vec(visits(), 1..8),
        froms in proptest::collection::vec(0..3_600_i64, 2..40),
        skip_hours in 0..1_u32 << 24,
    ) {
        let complaint = Visit { status: Some(429), ..Visit::default() };
        let pace = visits.iter().chain([&complaint]).fold(pace::Pace::default(), |pace, visit| {
            pace::after(&pace, visit, now())
        });
        prop_assert!(pace.is_strained(now()));
        let wishes = Wishes { skip_hours, ..Wishes::default() };
        let mut agenda = pace::Agenda::default();
        // They have failed together.
        for source in 0..froms.len() {
            agenda.note(&source.to_string(), now());
        }
        let mut times: Vec<_> = froms.iter().enumerate().map(|(source, from)| {
            let from = now() + TimeDelta::seconds(*from);
            let at = agenda.place(&source.to_string(), from, pace.gap(), &wishes);
            assert!(at >= from && wishes.outside(at) == at);
            at
        }).collect();
        times.sort();
        for pair in times.windows(2) {
            prop_assert!(pair[1] - pair[0] >= pace.gap());
        }
    }

    #[test]
    fn a_host_is_left_alone_for_as_long_as_it_asks(visit in visits(), spacing in 0..900_u64) {
        let pace = pace::Pace { spacing: Duration::from_secs(spacing), ..pace::Pace::default() };
        let next = pace::after(&pace, &visit, now());
        if matches!(visit.status, Some(429 | 503)) {
            let asked = visit.retry_after.unwrap_or(Duration::from_mins(1));
            prop_assert!(asked.is_zero() || next.next_at.unwrap() >= now() + delta(asked));
        }
        prop_assert!(next.spacing.is_zero() || next.next_at.unwrap() >= now() + delta(next.spacing));
        if visit.status == Some(429) {
            prop_assert!(next.spacing > pace.spacing || next.spacing == Duration::from_mins(15));
        }
    }
}
