//! What goes wrong on our side is nobody else's burden.

use chrono::TimeDelta;
use headwater::store::StoreError;

use crate::rounds::{Desk, outcomes};
use crate::server::{Server, feed, now};

#[test]
fn what_could_not_be_kept_is_not_asked_again_each_minute() {
    let server = Server::at("127.0.0.1", |_| feed());
    let desk = Desk::new(std::slice::from_ref(&server.url));
    desk.spoil("drop table item_sources; drop table items");
    let report = desk.round(now(), false);
    assert_eq!(outcomes(&report), ["failed"]);
    assert!(report.sources[0].error.as_ref().unwrap().contains("no such table"));
    for minutes in 1..10 {
        let report = desk.round(now() + TimeDelta::minutes(minutes), false);
        assert_eq!(outcomes(&report), ["deferred"]);
    }
    assert_eq!(server.rest().len(), 1);
}

#[test]
fn nobody_is_asked_while_nothing_can_be_kept() {
    let server = Server::at("127.0.0.1", |_| feed());
    let desk = Desk::new(std::slice::from_ref(&server.url));
    desk.spoil(
        "create trigger full before insert on source_states begin select raise(abort, 'disk full'); \
         end",
    );
    let error = desk.try_round(now(), false).unwrap_err();
    assert!(error.to_string().contains("disk full"), "{error}");
    assert!(matches!(
        error,
        headwater::daemon::fetch::FetchJobError::Store(StoreError::Statement(_))
    ));
    assert!(server.rest().is_empty());
}
