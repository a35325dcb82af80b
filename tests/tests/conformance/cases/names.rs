//! Files and directories by name.

use super::arm::fs::{self, File};
use super::rig::{Rig, cases};
use crate::log::{Log, note, seen};

cases![
    rename_moves,
    rename_over_an_open_file,
    rename_of_an_open_file,
    rename_of_what_is_missing,
    rename_to_itself,
    rename_a_file_over_a_directory,
    rename_a_directory_over_a_file,
    rename_a_directory_over_a_full_one,
    rename_a_directory_over_an_empty_one,
    rename_into_itself,
    rename_into_another_directory,
    list,
    list_what_is_no_directory,
    make_directories,
    make_what_is_there,
    make_below_a_file,
    remove_a_full_directory,
    remove_an_empty_directory,
    remove_the_wrong_kind,
    remove_twice,
    dots_in_paths,
    slashes_in_paths,
];

async fn file(rig: &Rig, name: &str, content: &str) {
    fs::write(rig.path(name), content).await.unwrap();
}

async fn dir(rig: &Rig, name: &str) {
    fs::create_dir(rig.path(name)).await.unwrap();
}

async fn content(rig: &Rig, name: &str) -> Result<String, String> {
    seen(fs::read_to_string(rig.path(name)).await)
}

/// The names in a directory.
async fn names(path: &str) -> Result<Vec<String>, String> {
    seen(fs::read_dir(path).await.map(|all| all.iter().map(|e| e.file_name().to_owned()).collect()))
}

async fn rename(rig: &Rig, from: &str, to: &str) -> Result<(), String> {
    seen(fs::rename(rig.path(from), rig.path(to)).await)
}

async fn rename_moves(rig: Rig) -> Log {
    file(&rig, "a", "content").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "a", "b").await);
    note(&mut log, "a", content(&rig, "a").await);
    note(&mut log, "b", content(&rig, "b").await);
    log
}

async fn rename_over_an_open_file(rig: Rig) -> Log {
    file(&rig, "old", "old").await;
    file(&rig, "new", "new").await;
    let mut open = File::open(rig.path("old")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "new", "old").await);
    let mut bytes = vec![];
    open.read_to_end(&mut bytes).await.unwrap();
    note(&mut log, "by handle", String::from_utf8(bytes).unwrap());
    note(&mut log, "by name", content(&rig, "old").await);
    note(&mut log, "names", names(&rig.dir).await);
    log
}

async fn rename_of_an_open_file(rig: Rig) -> Log {
    let mut open = File::create(rig.path("a")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "a", "b").await);
    note(&mut log, "write", seen(open.write_all(b"follows").await));
    note(&mut log, "b", content(&rig, "b").await);
    log
}

async fn rename_of_what_is_missing(rig: Rig) -> Log {
    file(&rig, "b", "kept").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "ghost", "b").await);
    note(&mut log, "to nowhere", rename(&rig, "b", "ghost/b").await);
    note(&mut log, "b", content(&rig, "b").await);
    log
}

async fn rename_to_itself(rig: Rig) -> Log {
    file(&rig, "a", "same").await;
    dir(&rig, "d").await;
    file(&rig, "d/full", "").await;
    let mut log = Log::new();
    note(&mut log, "file", rename(&rig, "a", "a").await);
    note(&mut log, "directory", rename(&rig, "d", "d").await);
    note(&mut log, "a", content(&rig, "a").await);
    log
}

async fn rename_a_file_over_a_directory(rig: Rig) -> Log {
    file(&rig, "a", "").await;
    dir(&rig, "d").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "a", "d").await);
    note(&mut log, "names", names(&rig.dir).await);
    log
}

async fn rename_a_directory_over_a_file(rig: Rig) -> Log {
    file(&rig, "a", "").await;
    dir(&rig, "d").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "d", "a").await);
    note(&mut log, "through a file", rename(&rig, "d", "a/d").await);
    log
}

async fn rename_a_directory_over_a_full_one(rig: Rig) -> Log {
    dir(&rig, "from").await;
    dir(&rig, "to").await;
    file(&rig, "to/file", "").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "from", "to").await);
    note(&mut log, "names", names(&rig.dir).await);
    log
}

async fn rename_a_directory_over_an_empty_one(rig: Rig) -> Log {
    dir(&rig, "from").await;
    dir(&rig, "to").await;
    file(&rig, "from/file", "moved").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "from", "to").await);
    note(&mut log, "file", content(&rig, "to/file").await);
    note(&mut log, "names", names(&rig.dir).await);
    log
}

async fn rename_into_itself(rig: Rig) -> Log {
    dir(&rig, "d").await;
    dir(&rig, "d/e").await;
    let mut log = Log::new();
    note(&mut log, "below", rename(&rig, "d", "d/e/f").await);
    note(&mut log, "over its parent", rename(&rig, "d/e", "d").await);
    log
}

async fn rename_into_another_directory(rig: Rig) -> Log {
    dir(&rig, "d").await;
    file(&rig, "a", "moved").await;
    let mut log = Log::new();
    note(&mut log, "rename", rename(&rig, "a", "d/b").await);
    note(&mut log, "content", content(&rig, "d/b").await);
    note(&mut log, "names", (names(&rig.dir).await, names(&rig.path("d")).await));
    log
}

async fn list(rig: Rig) -> Log {
    for name in ["c", "a", "b"] {
        file(&rig, name, name).await;
    }
    dir(&rig, "d").await;
    file(&rig, "d/hidden", "").await;
    let mut log = Log::new();
    for entry in fs::read_dir(&rig.dir).await.unwrap() {
        note(&mut log, "entry", (entry.file_name().to_owned(), entry.metadata().is_dir()));
    }
    note(&mut log, "empty", names(&rig.path("d")).await);
    log
}

async fn list_what_is_no_directory(rig: Rig) -> Log {
    file(&rig, "a", "").await;
    let mut log = Log::new();
    note(&mut log, "file", names(&rig.path("a")).await);
    note(&mut log, "missing", names(&rig.path("ghost")).await);
    log
}

async fn make_directories(rig: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "too deep", seen(fs::create_dir(rig.path("a/b")).await));
    note(&mut log, "all", seen(fs::create_dir_all(rig.path("a/b/c")).await));
    note(&mut log, "again", seen(fs::create_dir_all(rig.path("a/b/c")).await));
    note(&mut log, "names", (names(&rig.dir).await, names(&rig.path("a/b")).await));
    log
}

async fn make_what_is_there(rig: Rig) -> Log {
    file(&rig, "file", "").await;
    let mut log = Log::new();
    note(&mut log, "directory", seen(fs::create_dir(&rig.dir).await));
    note(&mut log, "file", seen(fs::create_dir(rig.path("file")).await));
    note(&mut log, "all over a file", seen(fs::create_dir_all(rig.path("file")).await));
    log
}

async fn make_below_a_file(rig: Rig) -> Log {
    file(&rig, "file", "").await;
    let mut log = Log::new();
    note(&mut log, "one", seen(fs::create_dir(rig.path("file/d")).await));
    note(&mut log, "all", seen(fs::create_dir_all(rig.path("file/d/e")).await));
    log
}

async fn remove_a_full_directory(rig: Rig) -> Log {
    dir(&rig, "d").await;
    file(&rig, "d/file", "").await;
    let mut log = Log::new();
    note(&mut log, "full", seen(fs::remove_dir(rig.path("d")).await));
    fs::remove_file(rig.path("d/file")).await.unwrap();
    note(&mut log, "empty", seen(fs::remove_dir(rig.path("d")).await));
    log
}

async fn remove_an_empty_directory(rig: Rig) -> Log {
    dir(&rig, "d").await;
    let mut log = Log::new();
    note(&mut log, "remove", seen(fs::remove_dir(rig.path("d")).await));
    note(&mut log, "list", names(&rig.path("d")).await);
    note(&mut log, "file in it", seen(fs::write(rig.path("d/file"), "").await));
    log
}

async fn remove_the_wrong_kind(rig: Rig) -> Log {
    dir(&rig, "d").await;
    file(&rig, "file", "").await;
    let mut log = Log::new();
    note(&mut log, "directory as file", seen(fs::remove_file(rig.path("d")).await));
    note(&mut log, "file as directory", seen(fs::remove_dir(rig.path("file")).await));
    note(&mut log, "names", names(&rig.dir).await);
    log
}

async fn remove_twice(rig: Rig) -> Log {
    file(&rig, "file", "").await;
    let mut log = Log::new();
    for _ in 0..2 {
        note(&mut log, "remove", seen(fs::remove_file(rig.path("file")).await));
    }
    note(&mut log, "directory", seen(fs::remove_dir(rig.path("ghost")).await));
    log
}

async fn dots_in_paths(rig: Rig) -> Log {
    dir(&rig, "d").await;
    let mut log = Log::new();
    note(&mut log, "write", seen(fs::write(rig.path("./d/./../file"), "x").await));
    note(&mut log, "read", content(&rig, "file").await);
    note(&mut log, "through what is missing", content(&rig, "ghost/../file").await);
    note(&mut log, "make", seen(fs::create_dir(rig.path("d/..")).await));
    log
}

async fn slashes_in_paths(rig: Rig) -> Log {
    let mut log = Log::new();
    note(&mut log, "make", seen(fs::create_dir(rig.path("d/")).await));
    note(&mut log, "write", seen(fs::write(rig.path("d//file"), "x").await));
    note(&mut log, "read", content(&rig, "d/file").await);
    note(&mut log, "list", names(&rig.path("d///")).await);
    log
}
