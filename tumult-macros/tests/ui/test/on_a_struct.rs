#[tumult_macros::test(seeds = 5)]
struct Survives;

fn main() {
    let _ = Survives;
}
