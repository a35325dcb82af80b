struct Sim;

impl Sim {
    #[tumult_macros::test]
    fn survives(&self) {}
}

fn main() {
    Sim.survives();
}
