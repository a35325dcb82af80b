//! `INV_009`.

use tumult_sim::{Verdict, invariant, violated};

use crate::ControlHistory;

/// Control traffic (heartbeats, leases, health) is served within its bound however much work is queued.
#[invariant(id = "INV_009", tags = ["liveness"])]
pub fn control_is_served(control: &ControlHistory) -> Verdict {
    match control.flaw() {
        None => Verdict::Holds,
        Some(flaw) => violated!("{flaw}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tumult_sim::Time;

    use super::*;

    fn at(ms: u64) -> Time {
        Time::ZERO + Duration::from_millis(ms)
    }

    fn arrived() -> ControlHistory {
        let mut control = ControlHistory::new(Duration::from_secs(1));
        control.arrives("A", at(0));
        control.arrives("A", at(500));
        control
    }

    fn says(control: &ControlHistory) -> String {
        match control_is_served(control) {
            Verdict::Violated(what) => what,
            Verdict::Holds => panic!("{control:?} holds"),
        }
    }

    #[test]
    fn what_is_served_in_time_holds() {
        let mut control = arrived();
        control.looks(at(1000));
        control.serves("A", at(1000));
        control.looks(at(9000));
        control.declares_dead("A", at(9000));
        assert!(control_is_served(&control).holds(), "nothing of A's waits: it is silent");
        assert_eq!((control.served(), control.worst()), (1, Duration::from_secs(1)));
    }

    #[test]
    fn what_is_served_late_or_not_at_all_is_named() {
        let mut late = arrived();
        late.serves("A", at(1001));
        assert_eq!(says(&late), "a message from A was served after 1.001s, and may take 1s");
        let mut never = arrived();
        never.looks(at(2000));
        assert_eq!(says(&never), "a message from A has been waiting for 2s, and may take 1s");
    }

    #[test]
    fn a_sender_whose_message_waits_is_not_dead() {
        let mut control = arrived();
        control.declares_dead("B", at(700));
        assert!(control_is_served(&control).holds());
        control.declares_dead("A", at(700));
        assert_eq!(says(&control), "A was declared dead, and a message from it has been waiting for 700ms");
    }
}
