//! Times as people say them.

use std::time::Duration;

/// `12 ms`, `0.4 s`, `5 min 3 s`, `3 h 12 min`, `30 d 4 h`: two units at the most, rounded to the smaller one.
pub(crate) fn duration(time: Duration) -> String {
    let ms = (time + Duration::from_micros(500)).as_millis();
    if ms < 100 {
        return format!("{ms} ms");
    }
    let tenths = (ms + 50) / 100;
    if tenths < 600 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = (ms + 500) / 1000;
    if seconds < 3600 {
        return two(seconds, 60, "min", "s");
    }
    let minutes = (seconds + 30) / 60;
    if minutes < 48 * 60 {
        return two(minutes, 60, "h", "min");
    }
    two((minutes + 30) / 60, 24, "d", "h")
}

fn two(n: u128, base: u128, large: &str, small: &str) -> String {
    match n % base {
        0 => format!("{} {large}", n / base),
        rest => format!("{} {large} {rest} {small}", n / base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        for (ms, text) in [
            (0, "0 ms"),
            (99, "99 ms"),
            (100, "0.1 s"),
            (449, "0.4 s"),
            (59_949, "59.9 s"),
            (59_950, "1 min"),
            (61_000, "1 min 1 s"),
            (3_599_499, "59 min 59 s"),
            (3_599_500, "1 h"),
            (11_520_000, "3 h 12 min"),
            (172_740_000, "47 h 59 min"),
            (172_800_000, "2 d"),
            (30 * 86_400_000 + 4 * 3_600_000, "30 d 4 h"),
        ] {
            assert_eq!(duration(Duration::from_millis(ms)), text, "{ms} ms");
        }
        assert_eq!(duration(Duration::from_nanos(499_999)), "0 ms");
    }
}
