struct Sim;

#[tumult_macros::test]
fn survives<T: Default>(_sim: &mut Sim) {
    drop(T::default());
}

fn main() {}
