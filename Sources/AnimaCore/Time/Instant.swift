/// A moment: whole microseconds since 1970-01-01 00:00 UTC.
///
/// The core never asks what time it is; every moment comes in as a parameter.
public struct Instant: Hashable, Sendable, Codable, Comparable {
    /// Microseconds since the epoch.
    public let microseconds: Int64

    /// The moment this many microseconds after the epoch.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    public init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

    /// The moment a duration later; saturates instead of overflowing.
    public static func + (left: Instant, right: Duration) -> Instant {
        let (sum, overflow) = left.microseconds.addingReportingOverflow(right.microseconds)
        return Instant(microseconds: overflow ? .max : sum)
    }

    /// The time from the right moment to the left one.
    public static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds.subtractingReportingOverflow(right.microseconds).partialValue)
    }

    /// The moment in UTC as RFC 3339 writes it, with milliseconds: `2026-11-23T03:28:10.042Z`.
    public var rfc3339: String {
        let milliseconds = Self.floorDivide(microseconds, by: 1000)
        let days = Self.floorDivide(milliseconds, by: 86_400_000)
        let rest = milliseconds - days * 86_400_000
        let date = CivilDate(daysSinceEpoch: days)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(rest / 3_600_000, 2)):\(padded(rest / 60_000 % 60, 2)):\(padded(rest / 1000 % 60, 2))"
            + ".\(padded(rest % 1000, 3))Z"
    }

    /// Whole days since 1970-01-01, UTC.
    public var day: Int64 { Self.floorDivide(microseconds, by: 86_400_000_000) }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    /// The whole microseconds in it; saturates at the ends of `Int64`.
    public var microseconds: Int64 {
        let (whole, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return components.seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(components.attoseconds / 1_000_000_000_000)
        return sumOverflow ? (components.seconds < 0 ? .min : .max) : sum
    }
}

/// A day of the proleptic Gregorian calendar, from days since 1970-01-01.
///
/// Source: the era-based algorithm described in "chrono-Compatible Low-Level Date Algorithms" (H. Hinnant).
struct CivilDate: Hashable, Sendable {
    let year: Int64
    let month: Int64
    let day: Int64

    init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
