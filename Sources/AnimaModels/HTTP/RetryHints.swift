import AnimaCore

/// How long a provider asks to wait, from the fields of its answer.
enum RetryHints {
    /// No provider is waited for longer than this at a time.
    static let longest: Duration = .seconds(86_400)

    /// The wait that an answer asks for; nil when it asks for none.
    ///
    /// `retry-after-ms`, then `retry-after` (seconds, or a date), then the reset of a rate limit of which nothing is left.
    static func wait(_ head: HTTPHead, now: Instant) -> Duration? {
        if let text = head["retry-after-ms"], let value = Double(text) { return bounded(seconds: value / 1000) }
        if let text = head["retry-after"] {
            if let value = Double(text) { return bounded(seconds: value) }
            if let moment = date(text) { return bounded(seconds: seconds(from: now, to: moment)) }
        }
        var longest: Duration?
        for (name, value) in head.headers where Int(value) == 0 && name.contains("ratelimit") {
            guard let range = name.firstRange(of: "remaining") else { continue }
            let reset = name[..<range.lowerBound] + "reset" + name[range.upperBound...]
            guard let text = head[String(reset)], let wait = parse(reset: text, now: now) else { continue }
            longest = max(longest ?? .zero, wait)
        }
        return longest
    }

    /// `6m0s`, `1.5s`, `20ms`; a number of seconds, or of seconds since 1970; an RFC 3339 time.
    static func parse(reset text: String, now: Instant) -> Duration? {
        if let number = Double(text) {
            // Small numbers are a wait, large ones a moment.
            let nowSeconds = Double(now.microseconds) / 1e6
            return bounded(seconds: number < 1e8 ? number : (number > 1e11 ? number / 1000 : number) - nowSeconds)
        }
        if let moment = rfc3339(text) { return bounded(seconds: seconds(from: now, to: moment)) }
        var total = 0.0
        var digits = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character.isNumber || character == "." {
                digits.append(character)
                continue
            }
            guard let value = Double(digits) else { return nil }
            digits = ""
            switch character {
            case "h": total += value * 3600
            case "m" where rest.first == "s":
                rest.removeFirst()
                total += value / 1000
            case "m": total += value * 60
            case "s": total += value
            default: return nil
            }
        }
        return digits.isEmpty && !text.isEmpty ? bounded(seconds: total) : nil
    }

    private static func bounded(seconds: Double) -> Duration? {
        guard seconds.isFinite else { return nil }
        // Bounded before it becomes an integer: a server may name any number.
        if seconds >= Double(longest.components.seconds) { return longest }
        return .milliseconds(Int64((max(seconds, 0) * 1000).rounded(.up)))
    }

    private static func seconds(from now: Instant, to moment: Instant) -> Double {
        Double(moment.microseconds - now.microseconds) / 1e6
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    static func date(_ text: String) -> Instant? {
        let parts = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        return instant(year, Int64(month + 1), day, clock: parts[4])
    }

    /// `2026-11-23T10:00:00Z`, fractions read over, other zones refused.
    private static func rfc3339(_ text: String) -> Instant? {
        let halves = text.split(separator: "T")
        guard halves.count == 2, halves[1].hasSuffix("Z") else { return nil }
        let date = halves[0].split(separator: "-").map { Int64($0) }
        guard date.count == 3, let year = date[0], let month = date[1], let day = date[2] else { return nil }
        return instant(year, month, day, clock: halves[1].dropLast().prefix { $0 != "." })
    }

    private static func instant(_ year: Int64, _ month: Int64, _ day: Int64, clock: Substring) -> Instant? {
        let time = clock.split(separator: ":").map { Int64($0) }
        guard time.count == 3, let hour = time[0], let minute = time[1], let second = time[2],
            (1...12).contains(month), (1...31).contains(day), (1970...9999).contains(year),
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        // Days before a year and month, counted with March as the first month, so that leap days come last.
        let shifted = month > 2 ? year : year - 1
        let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400
        let fromMarch = (month + 9) % 12
        let sinceEpoch = days + (153 * fromMarch + 2) / 5 + day - 1 - 719_468
        return Instant(microseconds: (sinceEpoch * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000)
    }
}
