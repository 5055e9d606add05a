use super::limits::{MOST, descriptors_for};
use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

fn connections(all: usize, of_one: usize, waiting_of_one: usize) -> Connections {
    Connections::within(Limits {
        all,
        of_one,
        waiting_of_one,
    })
}

#[test]
fn as_many_as_the_descriptors_bear() {
    assert_eq!(Limits::within(1024, 1).all, 768);
    assert_eq!(Limits::within(u64::MAX, 1).all, MOST);
    assert_eq!(Limits::within(0, 1).all, 64);
    // Other requests find room beside as many streams as are wanted, where the system gives that.
    for streams in [1, 2, 3, 10_000, 100_000] {
        let descriptors = descriptors_for(streams);
        assert!(Limits::within(descriptors, streams).streams() >= streams);
        assert!(Limits::within(u64::MAX, streams).streams() >= streams);
    }
    assert_eq!(Limits::within(1024, 10_000).streams(), 576);
}

#[test]
fn whoever_has_made_the_server_wait_longest_makes_room() {
    let all = connections(100, 50, 3);
    let known = all.admit(HERE, false).expect("room");
    known.answered();
    let slow: Vec<_> = (0..2).filter_map(|_| all.admit(HERE, false)).collect();
    let next = all.admit(HERE, false).expect("room");
    // Not the one that has brought a request before.
    assert!(slow[0].is_closing() && !slow[1].is_closing() && !known.is_closing());
    // Those that are worked for are in nobody's way.
    for connection in [&known, &slow[1], &next] {
        connection.work();
    }
    assert!(all.admit(HERE, false).is_some() && !known.is_closing());
}

#[test]
fn one_place_is_full_and_another_is_not() {
    let all = connections(100, 2, 2);
    let mut kept = Vec::new();
    for _ in 0..2 {
        let connection = all.admit(HERE, false).expect("room");
        connection.work();
        kept.push(connection);
    }
    assert!(all.admit(HERE, false).is_none());
    assert!(all.admit(THERE, false).is_some());
    // One that waits makes room.
    kept[0].answered();
    assert!(all.admit(HERE, false).is_some() && kept[0].is_closing());
    // Who speaks for many has no such limit.
    assert!(all.admit(HERE, true).is_some());
}

#[test]
fn where_all_are_taken_the_fullest_place_makes_room() {
    let all = connections(3, 3, 3);
    let here: Vec<_> = (0..2).filter_map(|_| all.admit(HERE, false)).collect();
    let there = all.admit(THERE, false).expect("room");
    assert!(all.admit(THERE, false).is_some());
    assert!(here[0].is_closing() && !there.is_closing());
    there.end();
    assert_eq!(all.places().all, 2);
}

#[test]
fn what_comes_together_is_limited_as_what_comes_apart() {
    let all = connections(10, 10, 10);
    let connection = all.admit(HERE, false).expect("room");
    let late = || connection.deadline().map(|(_, late)| late);
    let head = b"GET / HTTP/1.1\r\nHost: desk\r\n";
    let two_and_a_half = [&head[..], b"\r\n", head, b"\r\n", head].concat();
    assert_eq!(connection.read(&two_and_a_half), two_and_a_half.len());
    assert_eq!(late(), Some(Late::Idle), "the house begins");
    connection.work();
    assert_eq!(late(), None);
    connection.answered();
    assert_eq!(late(), Some(Late::Idle), "the house begins again");
    connection.work();
    connection.answered();
    assert_eq!(late(), Some(Late::Head), "the rest is waited for");
    let (_, long) = (connection.read(b"\r\n"), vec![b'x'; head::LONGEST_LINE + 1]);
    assert_eq!(connection.read(&long), 0);
    assert_eq!(connection.refused(), Some((TooLarge::Line, false)));
    connection.work();
    connection.answered();
    assert_eq!(connection.refused(), Some((TooLarge::Line, true)));
}

#[test]
fn empty_lines_and_bodies_that_nobody_reads_keep_no_connection() {
    let all = connections(10, 10, 10);
    let connection = all.admit(HERE, false).expect("room");
    connection.read(b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\nxxxxx");
    connection.work();
    connection.answered();
    let deadline = connection.deadline();
    connection.read(b"xxxxx");
    assert_eq!(connection.deadline(), deadline);
    connection.read(b"xxxxxxxxxx");
    let idle = connection.deadline();
    assert_ne!(idle, deadline, "the next request may come");
    connection.read(b"\r\n\r\n");
    assert_eq!(connection.deadline(), idle);
}

#[test]
fn whoever_has_an_answer_and_sends_on_makes_room_first() {
    let all = connections(10, 10, 2);
    let slow = all.admit(HERE, false).expect("room");
    let answered = all.admit(HERE, false).expect("room");
    answered.read(b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\nxxxxx");
    answered.work();
    assert!(answered.has_more_to_come() && !answered.is_left_over());
    answered.answered();
    assert!(answered.is_left_over());
    assert!(all.admit(HERE, false).is_some());
    assert!(answered.is_closing() && !slow.is_closing());
}

#[test]
fn whoever_is_not_at_work_goes_when_the_server_stops() {
    let all = connections(10, 10, 10);
    let (idle, busy) = (
        all.admit(HERE, false).unwrap(),
        all.admit(HERE, false).unwrap(),
    );
    busy.work();
    all.stop();
    assert!(idle.is_closing() && !busy.is_closing());
    busy.answered();
    assert!(busy.is_closing());
}
