//! Files with several names.

use super::arm::fs::{self, File};
use super::rig::{Rig, cases};
use crate::log::{Log, note, seen};

cases![
    two_names_one_content,
    a_name_is_removed,
    over_what_is_there,
    of_what_is_missing,
    of_a_directory,
    to_another_directory,
    rename_of_one_name_to_the_other,
    rename_over_one_name,
    of_an_open_file,
];

async fn link(rig: &Rig, file: &str, name: &str) -> Result<(), String> {
    seen(fs::hard_link(rig.path(file), rig.path(name)).await)
}

async fn content(rig: &Rig, name: &str) -> Result<String, String> {
    seen(fs::read_to_string(rig.path(name)).await)
}

async fn write(rig: &Rig, name: &str, content: &str) {
    fs::write(rig.path(name), content).await.unwrap();
}

async fn two_names_one_content(rig: Rig) -> Log {
    write(&rig, "a", "first").await;
    let mut log = Log::new();
    note(&mut log, "link", link(&rig, "a", "b").await);
    write(&rig, "b", "second").await;
    note(&mut log, "a", content(&rig, "a").await);
    note(&mut log, "length", fs::metadata(rig.path("a")).await.unwrap().len());
    log
}

async fn a_name_is_removed(rig: Rig) -> Log {
    write(&rig, "a", "kept").await;
    link(&rig, "a", "b").await.unwrap();
    let mut log = Log::new();
    note(&mut log, "remove", seen(fs::remove_file(rig.path("a")).await));
    note(&mut log, "a", content(&rig, "a").await);
    note(&mut log, "b", content(&rig, "b").await);
    write(&rig, "a", "another").await;
    note(&mut log, "b", content(&rig, "b").await);
    log
}

async fn over_what_is_there(rig: Rig) -> Log {
    write(&rig, "a", "a").await;
    write(&rig, "b", "b").await;
    let mut log = Log::new();
    note(&mut log, "a file", link(&rig, "a", "b").await);
    note(&mut log, "itself", link(&rig, "a", "a").await);
    note(&mut log, "a directory", seen(fs::hard_link(rig.path("a"), &rig.dir).await));
    log
}

async fn of_what_is_missing(rig: Rig) -> Log {
    write(&rig, "a", "a").await;
    let mut log = Log::new();
    note(&mut log, "file", link(&rig, "ghost", "b").await);
    note(&mut log, "directory", link(&rig, "a", "ghost/b").await);
    note(&mut log, "through a file", link(&rig, "a", "a/b").await);
    log
}

async fn of_a_directory(rig: Rig) -> Log {
    fs::create_dir(rig.path("d")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "link", link(&rig, "d", "e").await);
    log
}

async fn to_another_directory(rig: Rig) -> Log {
    write(&rig, "a", "shared").await;
    fs::create_dir(rig.path("d")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "link", link(&rig, "a", "d/b").await);
    note(&mut log, "full", seen(fs::remove_dir(rig.path("d")).await));
    fs::remove_file(rig.path("a")).await.unwrap();
    note(&mut log, "b", content(&rig, "d/b").await);
    log
}

async fn rename_of_one_name_to_the_other(rig: Rig) -> Log {
    write(&rig, "a", "same").await;
    link(&rig, "a", "b").await.unwrap();
    let mut log = Log::new();
    // rename(2): two names of one file are left as they are.
    note(&mut log, "rename", seen(fs::rename(rig.path("a"), rig.path("b")).await));
    note(&mut log, "both", (content(&rig, "a").await, content(&rig, "b").await));
    log
}

async fn rename_over_one_name(rig: Rig) -> Log {
    write(&rig, "a", "shared").await;
    link(&rig, "a", "b").await.unwrap();
    write(&rig, "c", "new").await;
    let mut log = Log::new();
    note(&mut log, "rename", seen(fs::rename(rig.path("c"), rig.path("a")).await));
    note(&mut log, "both", (content(&rig, "a").await, content(&rig, "b").await));
    log
}

async fn of_an_open_file(rig: Rig) -> Log {
    let mut file = File::create(rig.path("a")).await.unwrap();
    link(&rig, "a", "b").await.unwrap();
    fs::remove_file(rig.path("a")).await.unwrap();
    let mut log = Log::new();
    note(&mut log, "write", seen(file.write_all(b"by handle").await));
    note(&mut log, "b", content(&rig, "b").await);
    log
}
