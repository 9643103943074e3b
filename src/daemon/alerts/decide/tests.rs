use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn note(key: &str, kind: Kind) -> Note {
    let words = Words { problem: key.to_owned(), remedy: String::new() };
    Note { key: key.to_owned(), kind, since: start(), words }
}

fn notes(keys: &[&str]) -> Vec<Note> {
    keys.iter().map(|key| note(key, Kind::SourceFailing)).collect()
}

fn keys(notes: &[Note]) -> String {
    notes.iter().map(|note| note.key.as_str()).collect::<Vec<_>>().join(" ")
}

/// A day at the desk: what is there in which minute, and what is told then: `+` what begins, `-` what
/// ends, a line for each message.
fn told(looks: &[(i64, &[&str])]) -> Vec<(i64, String)> {
    let mut memory = Memory::default();
    let mut told = Vec::new();
    for (minute, there) in looks {
        let now = start() + TimeDelta::minutes(*minute);
        let (next, messages) = after(memory, &notes(there), now);
        // A restart in between changes nothing.
        let text = serde_json::to_string(&next).unwrap();
        memory = serde_json::from_str(&text).unwrap();
        assert_eq!(memory, next);
        for message in messages {
            let (begun, ended) = (keys(&message.begun), keys(&message.ended));
            told.push((*minute, format!("+{begun} -{ended}")));
        }
    }
    told
}

#[test]
fn what_begins_and_ends_is_told_once_each() {
    let said = told(&[(0, &[]), (1, &["a"]), (2, &["a"]), (90, &["a"]), (91, &[]), (92, &[])]);
    assert_eq!(said, [(1, "+a -".to_owned()), (91, "+ -a".to_owned())]);
}

#[test]
fn several_at_once_are_one_message() {
    let said = told(&[(0, &["a", "b", "c"]), (1, &["a", "b", "c", "d", "e", "f", "g"])]);
    assert_eq!(said.iter().filter(|(minute, _)| *minute == 0).count(), 3);
    assert_eq!(said.last().unwrap(), &(1, "+d e f g -".to_owned()));
    let said = told(&[(0, &["a", "b"]), (1, &["c", "d"])]);
    assert_eq!(said.last().unwrap(), &(1, "+c d -a b".to_owned()));
}

#[test]
fn what_flaps_is_told_ever_more_rarely() {
    let looks: Vec<(i64, &[&str])> =
        (0..600).map(|minute| (minute, if minute % 2 == 0 { &["a"][..] } else { &[] })).collect();
    let said = told(&looks);
    assert_eq!(said, [(0, "+a -".to_owned()), (1, "+ -a".to_owned())], "and then it never stays");
    // What comes back and stays is told, after ten minutes.
    let said =
        told(&[(0, &["a"]), (1, &[]), (2, &["a"]), (11, &["a"]), (12, &["a"]), (13, &["a"])]);
    assert_eq!(said.last().unwrap(), &(12, "+a -".to_owned()));
    // And what comes back after days is new.
    let said = told(&[(0, &["a"]), (1, &[]), (2000, &[]), (2001, &["a"])]);
    assert_eq!(said.last().unwrap(), &(2001, "+a -".to_owned()));
}

#[test]
fn there_is_room_for_so_many_an_hour_and_what_waited_is_told_together() {
    let names: Vec<String> = (0..10).map(|n| format!("t{n}")).collect();
    let looks: Vec<Vec<&str>> =
        (1..=10).map(|count| names[..count].iter().map(String::as_str).collect()).collect();
    let mut looks: Vec<(i64, &[&str])> = looks
        .iter()
        .enumerate()
        .map(|(at, there)| (i64::try_from(at).unwrap(), &there[..]))
        .collect();
    let all = looks.last().unwrap().1;
    looks.extend([(59, all), (60, all), (61, all)]);
    let said = told(&looks);
    assert_eq!(said.len(), MOST_PER_HOUR + 1);
    assert_eq!(said.last().unwrap(), &(60, "+t6 t7 t8 t9 -".to_owned()));
}

#[test]
fn what_has_come_and_gone_before_there_was_room_is_not_told() {
    let looks: Vec<(i64, &[&str])> =
        vec![(0, &["a"]), (1, &["b"]), (2, &["c"]), (3, &["c", "x"]), (4, &["c"]), (100, &["c"])];
    let said = told(&looks);
    // a; +b -a (two messages); +c -b (two); the sixth is x, whose end waits for room.
    assert_eq!(said.iter().map(|(minute, _)| *minute).collect::<Vec<_>>(), [0, 1, 1, 2, 2, 3, 100]);
    assert_eq!(said.last().unwrap().1, "+ -x");
}

#[test]
fn who_wakes_up_late_is_given_five_minutes() {
    let overdue = [note("job:fetch:overdue", Kind::JobOverdue)];
    let at = |minutes| start() + TimeDelta::minutes(minutes);
    let (memory, messages) = after(Memory::default(), &overdue, at(0));
    assert_eq!(messages, []);
    assert_eq!(
        after(memory.clone(), &[], at(1)).1,
        [],
        "and nothing is told of what nobody heard of"
    );
    assert_eq!(after(memory, &overdue, at(5)).1.len(), 1);
}

#[test]
fn a_clock_that_goes_back_silences_nobody() {
    let (memory, messages) = after(Memory::default(), &notes(&["a"]), start());
    assert_eq!(messages.len(), 1);
    let before = start() - TimeDelta::days(400);
    let (memory, messages) = after(memory, &notes(&["a", "b"]), before);
    assert_eq!(messages.len(), 1);
    assert_eq!(after(memory, &notes(&["a"]), before + TimeDelta::minutes(1)).1.len(), 1);
}

proptest! {
    /// Whatever comes and goes, whenever somebody looks: never too many messages, never the same thing
    /// twice in a row, and once it is calm whom we tell believes what is true.
    #[test]
    fn what_is_told_is_bounded_alternates_and_becomes_true(
        looks in proptest::collection::vec((0..90_i64, 0..256_u32), 1..120),
    ) {
        let names: Vec<String> = (0..8).map(|n| n.to_string()).collect();
        let (mut memory, mut now) = (Memory::default(), start());
        let mut believed: BTreeSet<String> = BTreeSet::new();
        let mut sent: Vec<DateTime<Utc>> = Vec::new();
        let last = looks.last().unwrap().1;
        // Then nothing changes for two days.
        let calm = std::iter::repeat_n((30, last), 96);
        for (minutes, there) in looks.into_iter().chain(calm) {
            now += TimeDelta::minutes(minutes);
            let there: Vec<&str> = (0..8).filter(|bit| there >> bit & 1 == 1)
                .map(|bit| names[bit].as_str()).collect();
            let (next, messages) = after(memory, &notes(&there), now);
            memory = next;
            for message in messages {
                prop_assert!(!message.begun.is_empty() || !message.ended.is_empty());
                for note in &message.begun {
                    prop_assert!(believed.insert(note.key.clone()), "{} begins twice", note.key);
                    prop_assert!(there.contains(&note.key.as_str()));
                }
                for note in &message.ended {
                    prop_assert!(believed.remove(&note.key), "{} ends twice", note.key);
                }
                sent.push(now);
            }
            let hour = sent.iter().filter(|at| now - **at < TimeDelta::hours(1)).count();
            prop_assert!(hour <= MOST_PER_HOUR, "{hour} messages");
        }
        let there: BTreeSet<String> =
            (0..8).filter(|bit| last >> bit & 1 == 1).map(|bit| names[bit].clone()).collect();
        prop_assert_eq!(believed, there);
    }
}
