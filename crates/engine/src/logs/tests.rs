//! Tests of `logs`.

use super::*;

fn lines(reader: &mut LogReader) -> Vec<(u8, bool, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some(item) = reader.try_next().unwrap() {
        found.push(match item {
            LogItem::Line(r) => (
                if r.stream == LogStream::Stdout { 1 } else { 2 },
                r.partial,
                r.line,
            ),
            LogItem::End { .. } => (0, false, vec![]),
            LogItem::Gap { .. } => (9, false, vec![]),
        });
    }
    found
}

#[tokio::test]
async fn lines_are_framed_and_offsets_resume() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = LogWriter::open(dir.path(), u64::MAX).unwrap();
    let mut r = LogReader::open(dir.path(), 0).unwrap();
    w.push(1, b"one\ntwo\nthr", 5).unwrap();
    w.push(2, b"err\n", 6).unwrap();
    assert_eq!(
        lines(&mut r),
        [
            (1, false, b"one".to_vec()),
            (1, false, b"two".to_vec()),
            (2, false, b"err".to_vec())
        ]
    );
    let kept = r.offset();
    w.push(1, b"ee\n\nlast", 7).unwrap();
    w.end_run(8).unwrap();
    let mut again = LogReader::open(dir.path(), kept).unwrap();
    let rest = lines(&mut again);
    assert_eq!(
        rest,
        [
            (1, false, b"three".to_vec()),
            (1, false, vec![]),
            (1, false, b"last".to_vec()),
            (0, false, vec![])
        ]
    );
    assert_eq!(rest, lines(&mut r));
}

#[tokio::test]
async fn long_lines_are_split() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = LogWriter::open(dir.path(), u64::MAX).unwrap();
    let long = vec![b'x'; MAX_LINE_BYTES * 2 + 7];
    for part in long.chunks(10_000) {
        w.push(1, part, 1).unwrap();
    }
    w.push(1, b"\nnext\n", 1).unwrap();
    let exact = vec![b'y'; MAX_LINE_BYTES];
    w.push(1, &exact, 1).unwrap();
    w.push(1, b"\n", 1).unwrap();
    let found = lines(&mut LogReader::open(dir.path(), 0).unwrap());
    let shape: Vec<_> = found.iter().map(|(_, p, l)| (*p, l.len())).collect();
    assert_eq!(
        shape,
        [
            (true, MAX_LINE_BYTES),
            (true, MAX_LINE_BYTES),
            (false, 7),
            (false, 4),
            (false, MAX_LINE_BYTES)
        ]
    );
}

#[tokio::test]
async fn segments_roll_are_discarded_and_dropped_with_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = LogWriter::open(dir.path(), 2 * SEGMENT_BYTES).unwrap();
    let line = [vec![b'z'; 100_000], vec![b'\n']].concat();
    let mut r = LogReader::open(dir.path(), 0).unwrap();
    for _ in 0..50 {
        w.push(1, &line, 1).unwrap();
    }
    assert_eq!(lines(&mut r).len(), 50);
    assert_eq!(segments(dir.path()).unwrap().len(), 2);
    r.discard_before(r.offset()).unwrap();
    assert_eq!(segments(dir.path()).unwrap().len(), 1);
    for _ in 0..200 {
        w.push(1, &line, 1).unwrap();
    }
    let rest = lines(&mut r);
    let gaps = rest.iter().filter(|l| l.0 == 9).count();
    assert_eq!(gaps, 1, "one gap, told once");
    let mut fresh = LogReader::open(dir.path(), 0).unwrap();
    assert!(matches!(
        fresh.try_next().unwrap(),
        Some(LogItem::Gap { .. })
    ));
    let kept = lines(&mut fresh).len();
    assert!((80..130).contains(&kept), "{kept}");
}

#[tokio::test]
async fn a_waiting_reader_wakes() {
    let dir = tempfile::tempdir().unwrap();
    let mut r = LogReader::open(dir.path(), 0).unwrap();
    let path = dir.path().to_owned();
    let writer = std::thread::spawn(move || {
        let mut w = LogWriter::open(&path, u64::MAX).unwrap();
        for n in 0..500 {
            w.push(1, format!("{n}\n").as_bytes(), 1).unwrap();
        }
        w.end_run(1).unwrap();
    });
    let mut n = 0;
    while let LogItem::Line(record) = r.next().await.unwrap() {
        assert_eq!(record.line, n.to_string().as_bytes());
        n += 1;
    }
    assert_eq!(n, 500);
    writer.join().unwrap();
}

#[test]
fn a_torn_tail_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    LogWriter::open(dir.path(), u64::MAX)
        .unwrap()
        .push(1, b"whole\n", 1)
        .unwrap();
    let path = segment_path(dir.path(), 0);
    let whole = std::fs::metadata(&path).unwrap().len();
    let mut f = std::fs::File::options().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut f, &header(99, 1, false, 1)).unwrap();
    drop(LogWriter::open(dir.path(), u64::MAX).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().len(), whole);
}
