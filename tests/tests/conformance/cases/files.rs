//! Open files.

use std::io::SeekFrom;

use super::arm::fs::{self, File, OpenOptions};
use super::rig::{Rig, cases};
use crate::log::{Log, note, seen, text};

cases![
    written_and_read,
    create_empties,
    append_goes_to_the_end,
    two_handles_append,
    append_and_seek,
    append_and_read,
    truncate_and_grow,
    truncate_behind_a_position,
    read_past_the_end,
    seek_past_the_end_and_write,
    seek_before_the_beginning,
    seeks,
    create_new_of_what_is_there,
    open_what_is_missing,
    open_without_a_mode,
    odd_modes,
    write_to_a_handle_that_reads,
    read_from_a_handle_that_writes,
    truncate_needs_writing,
    a_directory_as_a_file,
    a_directory_for_writing,
    a_file_as_a_directory,
    two_positions,
    positioned_calls_leave_the_position,
    exact_positioned_reads,
    sync_in_any_order,
    a_removed_file_lives_on,
    lengths,
    whole_files,
    not_utf8,
    an_empty_path,
    nothing_written,
];

/// A file with this content, open for both.
async fn with(rig: &Rig, content: &str) -> File {
    let path = rig.path("file");
    fs::write(&path, content).await.unwrap();
    OpenOptions::new().read(true).write(true).open(path).await.unwrap()
}

async fn content(rig: &Rig) -> String {
    text(&fs::read(rig.path("file")).await.unwrap())
}

/// What is left from the position on.
async fn rest(file: &mut File) -> Result<String, String> {
    let mut bytes = vec![];
    seen(file.read_to_end(&mut bytes).await.map(|_| text(&bytes)))
}

async fn written_and_read(rig: Rig) -> Log {
    let mut log = Log::new();
    let mut file = File::create(rig.path("file")).await.unwrap();
    note(&mut log, "write", seen(file.write(b"hello ").await));
    note(&mut log, "write", seen(file.write_all(b"world").await));
    let mut file = File::open(rig.path("file")).await.unwrap();
    let mut buffer = [0; 8];
    for _ in 0..3 {
        let n = seen(file.read(&mut buffer).await);
        note(&mut log, "read", (n.clone(), text(&buffer[..n.unwrap()])));
    }
    log
}

async fn create_empties(rig: Rig) -> Log {
    drop(with(&rig, "something").await);
    let mut log = Log::new();
    note(&mut log, "create", seen(File::create(rig.path("file")).await.map(drop)));
    note(&mut log, "content", content(&rig).await);
    log
}

async fn append_goes_to_the_end(rig: Rig) -> Log {
    drop(with(&rig, "one ").await);
    let mut file = OpenOptions::new().append(true).open(rig.path("file")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "append", seen(file.write(b"two ").await));
    fs::write(rig.path("file"), "cut ").await.unwrap();
    note(&mut log, "append", seen(file.write(b"three").await));
    note(&mut log, "content", content(&rig).await);
    log
}

async fn two_handles_append(rig: Rig) -> Log {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    let mut a = options.open(rig.path("file")).await.unwrap();
    let mut b = options.open(rig.path("file")).await.unwrap();
    for n in 0..3 {
        a.write_all(format!("a{n} ").as_bytes()).await.unwrap();
        b.write_all(format!("b{n} ").as_bytes()).await.unwrap();
    }
    let mut log = Log::new();
    note(&mut log, "content", content(&rig).await);
    log
}

async fn append_and_seek(rig: Rig) -> Log {
    drop(with(&rig, "0123").await);
    let mut file = OpenOptions::new().append(true).open(rig.path("file")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "seek", seen(file.seek(SeekFrom::Start(1)).await));
    note(&mut log, "write", seen(file.write(b"4").await));
    note(&mut log, "position", seen(file.seek(SeekFrom::Current(0)).await));
    note(&mut log, "content", content(&rig).await);
    // Linux appends whatever the offset: pwrite(2), BUGS.
    note(&mut log, "write at", seen(file.write_at(b"5", 0).await));
    note(&mut log, "content", content(&rig).await);
    log
}

async fn append_and_read(rig: Rig) -> Log {
    drop(with(&rig, "old ").await);
    let mut file = OpenOptions::new().append(true).read(true).open(rig.path("file")).await.unwrap();
    let mut log = Log::new();
    let mut buffer = [0; 2];
    note(&mut log, "read", seen(file.read(&mut buffer).await));
    note(&mut log, "write", seen(file.write(b"new").await));
    note(&mut log, "rest", rest(&mut file).await);
    note(&mut log, "content", content(&rig).await);
    log
}

async fn truncate_and_grow(rig: Rig) -> Log {
    let mut file = with(&rig, "abcdef").await;
    let mut log = Log::new();
    note(&mut log, "cut", seen(file.set_len(2).await));
    note(&mut log, "grow", seen(file.set_len(5).await));
    note(&mut log, "content", rest(&mut file).await);
    note(&mut log, "length", file.metadata().await.unwrap().len());
    log
}

async fn truncate_behind_a_position(rig: Rig) -> Log {
    let mut file = with(&rig, "abcdef").await;
    file.seek(SeekFrom::Start(4)).await.unwrap();
    file.set_len(2).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "rest", rest(&mut file).await);
    note(&mut log, "write", seen(file.write(b"X").await));
    note(&mut log, "content", content(&rig).await);
    log
}

async fn read_past_the_end(rig: Rig) -> Log {
    let mut file = with(&rig, "abc").await;
    let mut log = Log::new();
    let mut buffer = [0; 8];
    file.seek(SeekFrom::Start(100)).await.unwrap();
    note(&mut log, "read", seen(file.read(&mut buffer).await));
    note(&mut log, "read at", seen(file.read_at(&mut buffer, 3).await));
    note(&mut log, "read at", seen(file.read_at(&mut buffer, 2).await));
    note(&mut log, "no room", seen(file.read_at(&mut [], 0).await));
    log
}

async fn seek_past_the_end_and_write(rig: Rig) -> Log {
    let mut file = with(&rig, "ab").await;
    let mut log = Log::new();
    note(&mut log, "seek", seen(file.seek(SeekFrom::End(3)).await));
    note(&mut log, "length", file.metadata().await.unwrap().len());
    note(&mut log, "write", seen(file.write(b"z").await));
    note(&mut log, "content", fs::read(rig.path("file")).await.unwrap());
    log
}

async fn seek_before_the_beginning(rig: Rig) -> Log {
    let mut file = with(&rig, "abc").await;
    file.seek(SeekFrom::Start(2)).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "current", seen(file.seek(SeekFrom::Current(-3)).await));
    note(&mut log, "end", seen(file.seek(SeekFrom::End(-4)).await));
    note(&mut log, "too far", seen(file.seek(SeekFrom::Start(u64::MAX)).await));
    note(&mut log, "rest", rest(&mut file).await);
    log
}

async fn seeks(rig: Rig) -> Log {
    let mut file = with(&rig, "0123456789").await;
    let mut log = Log::new();
    for to in [SeekFrom::Start(7), SeekFrom::Current(-2), SeekFrom::End(-3), SeekFrom::Current(0), SeekFrom::End(0)] {
        let mut buffer = [0; 1];
        let at = seen(file.seek(to).await);
        let n = seen(file.read(&mut buffer).await);
        note(&mut log, "seek and read", (at, n.clone(), text(&buffer[..n.unwrap()])));
    }
    log
}

async fn create_new_of_what_is_there(rig: Rig) -> Log {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut log = Log::new();
    note(&mut log, "missing", seen(options.open(rig.path("file")).await.map(drop)));
    note(&mut log, "there", seen(options.open(rig.path("file")).await.map(drop)));
    note(&mut log, "a directory", seen(options.open(&rig.dir).await.map(drop)));
    log
}

async fn open_what_is_missing(rig: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "read", seen(File::open(rig.path("ghost")).await.map(drop)));
    note(&mut log, "write", seen(OpenOptions::new().write(true).open(rig.path("ghost")).await.map(drop)));
    note(&mut log, "append", seen(OpenOptions::new().append(true).open(rig.path("ghost")).await.map(drop)));
    note(&mut log, "create below", seen(File::create(rig.path("ghost/file")).await.map(drop)));
    note(&mut log, "slash", seen(File::create(rig.path("ghost/")).await.map(drop)));
    log
}

async fn open_without_a_mode(rig: Rig) -> Log {
    drop(with(&rig, "").await);
    let mut log = Log::new();
    note(&mut log, "none", seen(OpenOptions::new().open(rig.path("file")).await.map(drop)));
    note(&mut log, "create", seen(OpenOptions::new().create(true).open(rig.path("file")).await.map(drop)));
    log
}

async fn odd_modes(rig: Rig) -> Log {
    drop(with(&rig, "kept").await);
    let mut log = Log::new();
    let path = rig.path("file");
    let mut options = OpenOptions::new();
    note(&mut log, "read create", seen(options.read(true).create(true).open(&path).await.map(drop)));
    let mut options = OpenOptions::new();
    note(&mut log, "append truncate", seen(options.append(true).truncate(true).open(&path).await.map(drop)));
    let mut options = OpenOptions::new();
    note(&mut log, "append create", seen(options.append(true).create(true).open(&path).await.map(drop)));
    note(&mut log, "content", content(&rig).await);
    log
}

async fn write_to_a_handle_that_reads(rig: Rig) -> Log {
    drop(with(&rig, "abc").await);
    let mut file = File::open(rig.path("file")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "write", seen(file.write(b"x").await));
    note(&mut log, "write at", seen(file.write_at(b"x", 0).await));
    note(&mut log, "cut", seen(file.set_len(0).await));
    note(&mut log, "sync", seen(file.sync_all().await));
    note(&mut log, "content", rest(&mut file).await);
    log
}

async fn read_from_a_handle_that_writes(rig: Rig) -> Log {
    let mut file = File::create(rig.path("file")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "read", seen(file.read(&mut [0; 4]).await));
    note(&mut log, "read at", seen(file.read_at(&mut [0; 4], 0).await));
    log
}

async fn truncate_needs_writing(rig: Rig) -> Log {
    drop(with(&rig, "abc").await);
    let mut log = Log::new();
    let mut options = OpenOptions::new();
    note(&mut log, "open", seen(options.read(true).truncate(true).open(rig.path("file")).await.map(drop)));
    note(&mut log, "content", content(&rig).await);
    log
}

async fn a_directory_as_a_file(rig: Rig) -> Log {
    let mut log = Log::new();
    let mut dir = File::open(&rig.dir).await.unwrap();
    note(&mut log, "read", seen(dir.read(&mut [0; 4]).await));
    note(&mut log, "read at", seen(dir.read_at(&mut [0; 4], 0).await));
    note(&mut log, "write", seen(dir.write(b"x").await));
    note(&mut log, "cut", seen(dir.set_len(0).await));
    note(&mut log, "sync", seen(dir.sync_all().await));
    note(&mut log, "is", dir.metadata().await.unwrap().is_dir());
    note(&mut log, "whole", seen(fs::read(&rig.dir).await));
    log
}

async fn a_directory_for_writing(rig: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "create", seen(File::create(&rig.dir).await.map(drop)));
    note(&mut log, "write", seen(OpenOptions::new().write(true).open(&rig.dir).await.map(drop)));
    note(&mut log, "append", seen(OpenOptions::new().append(true).open(&rig.dir).await.map(drop)));
    log
}

async fn a_file_as_a_directory(rig: Rig) -> Log {
    drop(with(&rig, "abc").await);
    let below = rig.path("file/below");
    let mut log = Log::new();
    note(&mut log, "open", seen(File::open(&below).await.map(drop)));
    note(&mut log, "create", seen(File::create(&below).await.map(drop)));
    note(&mut log, "slash", seen(File::open(rig.path("file/")).await.map(drop)));
    note(&mut log, "dots", seen(File::open(rig.path("file/..")).await.map(drop)));
    note(&mut log, "list", seen(fs::read_dir(rig.path("file")).await.map(drop)));
    note(&mut log, "sync", seen(fs::sync_dir(rig.path("file")).await));
    log
}

async fn two_positions(rig: Rig) -> Log {
    let mut a = with(&rig, "abcdef").await;
    let mut b = File::open(rig.path("file")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "write", seen(a.write(b"XY").await));
    note(&mut log, "other", rest(&mut b).await);
    note(&mut log, "own", rest(&mut a).await);
    log
}

async fn positioned_calls_leave_the_position(rig: Rig) -> Log {
    let mut file = with(&rig, "abcdef").await;
    let mut log = Log::new();
    note(&mut log, "write at", seen(file.write_all_at(b"ZZ", 4).await));
    note(&mut log, "read at", seen(file.read_at(&mut [0; 2], 1).await));
    note(&mut log, "rest", rest(&mut file).await);
    log
}

async fn exact_positioned_reads(rig: Rig) -> Log {
    let file = with(&rig, "abcdef").await;
    let mut buffer = [0; 4];
    let mut log = Log::new();
    note(&mut log, "whole", seen(file.read_exact_at(&mut buffer, 2).await));
    note(&mut log, "bytes", text(&buffer));
    note(&mut log, "too long", seen(file.read_exact_at(&mut buffer, 3).await));
    log
}

async fn sync_in_any_order(rig: Rig) -> Log {
    let mut log = Log::new();
    let mut file = File::create(rig.path("file")).await.unwrap();
    note(&mut log, "directory first", seen(fs::sync_dir(&rig.dir).await));
    file.write_all(b"a").await.unwrap();
    note(&mut log, "data", seen(file.sync_data().await));
    note(&mut log, "all", seen(file.sync_all().await));
    fs::remove_file(rig.path("file")).await.unwrap();
    file.write_all(b"b").await.unwrap();
    note(&mut log, "of a removed file", seen(file.sync_all().await));
    note(&mut log, "directory last", seen(fs::sync_dir(&rig.dir).await));
    note(&mut log, "no directory", seen(fs::sync_dir(rig.path("ghost")).await));
    log
}

async fn a_removed_file_lives_on(rig: Rig) -> Log {
    let mut file = with(&rig, "still ").await;
    let mut log = Log::new();
    note(&mut log, "remove", seen(fs::remove_file(rig.path("file")).await));
    file.seek(SeekFrom::End(0)).await.unwrap();
    note(&mut log, "write", seen(file.write(b"here").await));
    file.seek(SeekFrom::Start(0)).await.unwrap();
    note(&mut log, "content", rest(&mut file).await);
    note(&mut log, "length", file.metadata().await.unwrap().len());
    note(&mut log, "by name", seen(File::open(rig.path("file")).await.map(drop)));
    fs::write(rig.path("file"), "another").await.unwrap();
    file.seek(SeekFrom::Start(0)).await.unwrap();
    note(&mut log, "content", rest(&mut file).await);
    log
}

async fn lengths(rig: Rig) -> Log {
    let mut log = Log::new();
    for len in [0, 1, 4096, 100_000] {
        fs::write(rig.path("file"), vec![1; len]).await.unwrap();
        let m = fs::metadata(rig.path("file")).await.unwrap();
        note(&mut log, "file", (m.len(), m.is_file(), m.is_dir()));
    }
    let m = fs::metadata(&rig.dir).await.unwrap();
    note(&mut log, "directory", (m.is_file(), m.is_dir()));
    note(&mut log, "missing", seen(fs::metadata(rig.path("ghost")).await.map(|m| m.len())));
    log
}

async fn whole_files(rig: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "write", seen(fs::write(rig.path("file"), "a longer text").await));
    note(&mut log, "write over", seen(fs::write(rig.path("file"), "short").await));
    note(&mut log, "read", seen(fs::read(rig.path("file")).await));
    note(&mut log, "missing", seen(fs::read(rig.path("ghost")).await));
    note(
        &mut log,
        "exists",
        (seen(fs::try_exists(rig.path("file")).await), seen(fs::try_exists(rig.path("ghost")).await)),
    );
    note(&mut log, "through a file", seen(fs::try_exists(rig.path("file/x")).await));
    log
}

async fn not_utf8(rig: Rig) -> Log {
    fs::write(rig.path("file"), [0xff, 0xfe]).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "read", seen(fs::read_to_string(rig.path("file")).await));
    log
}

async fn an_empty_path(_: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "open", seen(File::open("").await.map(drop)));
    note(&mut log, "create", seen(File::create("").await.map(drop)));
    note(&mut log, "remove", seen(fs::remove_file("").await));
    note(&mut log, "make", seen(fs::create_dir("").await));
    log
}

async fn nothing_written(rig: Rig) -> Log {
    let mut file = with(&rig, "abc").await;
    let mut log = Log::new();
    note(&mut log, "write", seen(file.write(b"").await));
    note(&mut log, "write at", seen(file.write_at(b"", 100).await));
    note(&mut log, "length", file.metadata().await.unwrap().len());
    log
}
