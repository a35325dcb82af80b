//! Times as people say and write them.

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

/// Nanoseconds since 1970 as `2026-11-22T14:05:09Z`.
pub(crate) fn date(epoch_ns: i64) -> String {
    let seconds = epoch_ns.div_euclid(1_000_000_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, eras have 400 of them.
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
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
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(date(seconds * 1_000_000_000), text);
        }
    }

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
