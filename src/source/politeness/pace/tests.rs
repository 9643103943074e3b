use super::super::Quota;
use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn visit(status: u16) -> Visit {
    Visit { status: Some(status), conditional: true, ..Visit::default() }
}

fn waits(pace: &Pace) -> (u64, i64) {
    (pace.spacing.as_secs(), pace.next_at.map_or(0, |next| (next - now()).num_seconds()))
}

#[test]
fn what_each_answer_does_to_the_pace() {
    let quota = |exhausted, reset: u64, spacing: Option<u64>| {
        let spacing = spacing.map(Duration::from_secs);
        Some(Quota { exhausted, reset: Some(Duration::from_secs(reset)), spacing })
    };
    for (spacing, visit, expected) in [
        (0, visit(200), (0, 0)),
        (0, visit(404), (0, 0)),
        (0, visit(500), (0, 0)),
        (0, visit(403), (0, 0)),
        (0, visit(429), (30, 60)),
        (0, Visit { retry_after: Some(MINUTE * 5), ..visit(429) }, (30, 300)),
        (60, visit(429), (120, 120)),
        (900, visit(429), (900, 900)),
        (0, visit(503), (0, 60)),
        (60, Visit { retry_after: Some(MINUTE * 10), ..visit(503) }, (60, 600)),
        (60, visit(304), (60, 60)),
        (0, Visit { quota: quota(false, 100, Some(60)), ..visit(200) }, (0, 0)),
        (0, Visit { quota: quota(true, 50, None), ..visit(200) }, (0, 50)),
        (0, Visit { quota: quota(true, 50, Some(60)), ..visit(200) }, (60, 60)),
        (0, Visit { quota: quota(true, 50, Some(1)), ..visit(200) }, (0, 50)),
        (0, Visit { quota: quota(true, 50, Some(60)), ..visit(429) }, (60, 60)),
    ] {
        let pace = Pace { spacing: Duration::from_secs(spacing), ..Pace::default() };
        let after = after(&pace, &visit, now());
        assert_eq!(waits(&after), expected, "{spacing} {visit:?}");
    }
}

#[test]
fn a_burst_of_refusals_is_a_complaint_and_a_few_over_time_are_not() {
    for (minutes, expected) in [(1, 30), (20, 0)] {
        let mut pace = Pace::default();
        for turn in 0..3 {
            pace = after(&pace, &visit(403), now() + TimeDelta::minutes(turn * minutes));
        }
        assert_eq!(pace.spacing.as_secs(), expected, "each {minutes} minutes");
    }
    let broken = [403, 403, 200, 403]
        .iter()
        .fold(Pace::default(), |pace, status| after(&pace, &visit(*status), now()));
    assert_eq!(broken.spacing, Duration::ZERO);
}

#[test]
fn a_host_that_cannot_be_helped_is_asked_ever_less_often() {
    let mut pace = Pace::default();
    let mut seen = Vec::new();
    for _ in 0..7 {
        let then = pace.next_at.unwrap_or(now());
        pace = after(&pace, &visit(503), then);
        seen.push((pace.next_at.unwrap() - then).num_minutes());
    }
    assert_eq!(seen, [1, 2, 4, 8, 16, 32, 64]);
    pace = after(&pace, &visit(200), now() + TimeDelta::hours(3));
    assert_eq!(pace, Pace::default(), "once it answers, nothing is left of it");
}

#[test]
fn requests_that_were_under_way_at_once_fail_as_one() {
    let mut pace = Pace::default();
    for status in [429, 429, 200, 429, 503, 429] {
        pace = after(&pace, &visit(status), now() + TimeDelta::seconds(1));
    }
    assert_eq!((pace.spacing.as_secs(), pace.complaints), (30, 1));
    let later = now() + TimeDelta::seconds(61);
    assert_eq!(after(&pace, &visit(429), later).spacing.as_secs(), 60);
    let patient = Visit { retry_after: Some(MINUTE * 9), ..visit(429) };
    let asked = after(&pace, &patient, now());
    assert_eq!(waits(&asked), (30, 540), "the longest wait of them counts");
}

#[test]
fn the_pace_narrows_slowly_and_ends_where_it_began() {
    let mut pace = after(&Pace::default(), &visit(429), now());
    let mut spacings = vec![30];
    for hour in 1..24 * 14 {
        pace = after(&pace, &visit(200), now() + TimeDelta::hours(hour));
        if spacings.last() != Some(&pace.spacing.as_secs()) {
            spacings.push(pace.spacing.as_secs());
        }
    }
    assert_eq!(spacings, [30, 26, 22, 20, 17, 15, 13, 11, 10, 0]);
    assert_eq!(pace, Pace::default());
}

#[test]
fn sources_are_put_apart_and_their_own_hours_are_kept() {
    let mut agenda = Agenda::default();
    let gap = TimeDelta::minutes(1);
    let none = Wishes::default();
    for source in ["a", "b", "c"] {
        agenda.note(source, now());
    }
    let minutes = |at: DateTime<Utc>| (at - now()).num_minutes();
    assert_eq!(minutes(agenda.place("a", now(), gap, &none)), 1);
    assert_eq!(minutes(agenda.place("b", now(), gap, &none)), 2);
    assert_eq!(minutes(agenda.place("c", now(), gap, &none)), 0, "the others have left");
    assert_eq!(minutes(agenda.place("a", now(), gap, &none)), 1, "one's own time is free");
    // It is 15:06 GMT.
    let wishes = Wishes { skip_hours: 1 << 15, ..Wishes::default() };
    agenda.note("d", now() + TimeDelta::hours(1));
    assert_eq!(minutes(agenda.place("e", now(), gap, &wishes)), 61);
}

/// The trap that readers fell into: a host that takes one request a minute, and twenty feeds on it.
/// Each minute the daemon looks which are due, as it does in truth.
#[test]
fn twenty_feeds_on_a_host_of_one_request_a_minute_do_not_fail_together() {
    let limits = super::super::Limits {
        min_interval: Duration::from_hours(1),
        max_interval: Duration::from_hours(24),
        share: 0,
    };
    let mut states = vec![super::super::State::default(); 20];
    let (mut pace, mut agenda) = (Pace::default(), Agenda::default());
    let (mut complaints, mut answers) = (Vec::new(), vec![0; states.len()]);
    let mut last_answer: Option<DateTime<Utc>> = None;
    for minute in 0..24 * 60 {
        let now = now() + TimeDelta::minutes(minute);
        for (index, state) in states.iter_mut().enumerate() {
            if state.next_at.is_some_and(|next| next > now) {
                continue;
            }
            let name = index.to_string();
            if let Some(next) = pace.next_at.filter(|next| *next > now) {
                state.next_at = Some(agenda.place(&name, next, pace.gap(), &state.wishes));
                continue;
            }
            let too_soon = last_answer.is_some_and(|last| now - last < TimeDelta::minutes(1));
            let visit = visit(if too_soon { 429 } else { 304 });
            if too_soon {
                complaints.push(minute);
            } else {
                last_answer = Some(now);
                answers[index] += 1;
            }
            pace = after(&pace, &visit, now);
            *state = super::super::after(state, &visit, now, &limits);
            let from = state.next_at.unwrap();
            if pace.is_strained(now) {
                state.next_at = Some(agenda.place(&name, from, pace.gap(), &state.wishes));
            }
        }
    }
    assert!(complaints.len() <= 3, "{complaints:?}");
    assert!(answers.iter().all(|count| *count >= 12), "{answers:?}");
}
