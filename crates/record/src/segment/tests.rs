//! Frames are whole or not there.

use super::*;
use crate::call::tests::{call, denied};

fn segment(count: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for number in 0..count {
        add_call(&mut call(number), &mut bytes).unwrap();
    }
    bytes
}

#[test]
fn marks_say_what_a_frame_holds() {
    let mut bytes = MAGIC.to_vec();
    add_call(&mut denied(1), &mut bytes).unwrap();
    let mut data = call(2);
    data.kind = CallKind::Data;
    add_call(&mut data, &mut bytes).unwrap();
    let lost = Lost {
        at: data.at,
        calls: 3,
        why: "full".to_owned(),
    };
    add_lost(&lost, &mut bytes).unwrap();
    let marks: Vec<u8> = Frames::new(&bytes).map(|frame| frame.marks.0).collect();
    assert_eq!(marks, [Marks::DENIED, Marks::DATA, Marks::LOST]);
    assert_eq!(Frames::count_calls(&bytes[MAGIC.len()..]), 2);
    assert_eq!(Frames::new(&bytes).nth(1).unwrap().at, data.at);
}

#[test]
fn a_cut_anywhere_keeps_the_whole_frames_before_it() {
    let bytes = segment(3);
    for cut in 0..bytes.len() {
        let whole = Frames::new(&bytes[..cut]).count();
        assert!(whole < 3);
        for frame in Frames::new(&bytes[..cut]) {
            minicbor::decode::<CallRecord<'_>>(frame.content).unwrap();
        }
    }
    assert_eq!(Frames::new(&bytes).count(), 3);
}

#[test]
fn a_flipped_bit_ends_the_frames() {
    let bytes = segment(2);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(Frames::new(&damaged).count() < 2, "byte {at}");
    }
}

#[test]
fn a_call_that_is_too_large_is_kept_without_its_bulk() {
    let mut large = denied(7);
    let allowed = call(1).decisions.remove(0);
    let denial = large.decisions.remove(0);
    large.decisions = vec![allowed; 50_000];
    large.decisions.push(denial);
    let mut bytes = MAGIC.to_vec();
    large.bound();
    add_call(&mut large, &mut bytes).unwrap();
    assert!(bytes.len() < 200_000);
    let frame = Frames::new(&bytes).next().unwrap();
    let kept: CallRecord<'_> = minicbor::decode(frame.content).unwrap();
    assert!(kept.denial().is_some());
    assert!(kept.parameters_omitted);
    assert!(frame.marks.has(Marks::DENIED));
}

#[test]
fn frames_are_parted_between_calls() {
    let bytes = &segment(3)[MAGIC.len()..];
    let one = first_frames(bytes, 0);
    assert_eq!(Frames::count_calls(&bytes[..one]), 1);
    assert_eq!(first_frames(bytes, one), one);
    assert_eq!(first_frames(bytes, bytes.len() - 1), 2 * one);
    assert_eq!(first_frames(bytes, usize::MAX), bytes.len());
    assert_eq!(first_frames(&[], 10), 0);
}
