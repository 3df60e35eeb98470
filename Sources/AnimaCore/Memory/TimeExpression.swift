/// Understands the times that plain English names: "last week", "in May 2023", "on 3 June", "two months ago".
///
/// Days are days of UTC. What it does not understand it leaves out; it never fails.
public enum TimeExpression {
    /// The times that a text names, in its order.
    ///
    /// - Parameters:
    ///   - text: Any text; of a long one the first 200 words.
    ///   - now: The moment that "today" is counted from. A day or month without a year is the last one before it.
    public static func spans(in text: String, now: Instant) -> [TimeSpan] {
        // Between the years 1 and 9999, so that no number runs over.
        let today = min(max(now.day, -719_162), 2_932_896)
        var reader = Reader(words: tokens(of: text), today: today)
        return reader.read()
    }

    /// Words as ``TextAnalysis`` cuts them, with `2023-05-03` in three and `3rd` as `3`.
    private static func tokens(of text: String) -> [String] {
        TextAnalysis.words(of: String(text.prefix(2000))).prefix(200)
            .map { word in
                for ending in ["st", "nd", "rd", "th"] where word.hasSuffix(ending) {
                    let number = word.dropLast(2)
                    if !number.isEmpty, number.utf8.count < 3, number.allSatisfy(\.isASCII), Int(number) != nil {
                        return String(number)
                    }
                }
                return word
            }
    }

    private struct Reader {
        let words: [String]
        /// Days since 1970.
        let today: Int64
        var index = 0

        mutating func read() -> [TimeSpan] {
            var spans: [TimeSpan] = []
            while index < words.count {
                if let (days, count) = relation() ?? plain(at: index) {
                    spans.append(TimeSpan(days: days))
                    index += count
                } else {
                    index += 1
                }
            }
            return spans
        }

        private func word(_ index: Int) -> String { words.indices.contains(index) ? words[index] : "" }

        /// Something before or after a time: "the week before 9 June", "the day after yesterday".
        private func relation() -> (Range<Int64>, Int)? {
            var unitIndex = index
            let amount = TimeExpression.number(word(index))
            if amount != nil, word(index + 1) != "" { unitIndex += 1 }
            let unit = word(unitIndex)
            let way = word(unitIndex + 1)
            guard way == "before" || way == "after" || way == "of" else { return nil }
            guard let unit = TimeExpression.units[unit] ?? (TimeExpression.weekdays[unit] == nil ? nil : .day) else {
                return nil
            }
            let skip = word(unitIndex + 2) == "the" ? 1 : 0
            guard let (anchor, count) = plain(at: unitIndex + 2 + skip), anchor.count <= 31 else { return nil }
            let used = unitIndex + 2 + skip + count - index
            let isBefore = way == "before"
            if let weekday = TimeExpression.weekdays[word(unitIndex)] {
                guard way != "of" else { return nil }
                let from = isBefore ? anchor.lowerBound - 1 : anchor.upperBound
                let distance = isBefore ? (from.weekday - weekday + 7) % 7 : (weekday - from.weekday + 7) % 7
                let day = isBefore ? from - distance : from + distance
                return (day..<day + 1, used)
            }
            if way == "of" { return unit == .week ? (anchor.lowerBound.week, used) : nil }
            let number = amount ?? 1
            switch unit {
            case .day:
                let day = isBefore ? anchor.lowerBound - number : anchor.upperBound - 1 + number
                return (day..<day + 1, used)
            case .weekend:
                let week = isBefore ? (anchor.lowerBound - 1).week : (anchor.upperBound - 1).week
                let saturday =
                    isBefore && week.upperBound > anchor.lowerBound ? week.lowerBound - 2 : week.lowerBound + 5
                return (saturday..<saturday + 2, used)
            case .week, .month, .year:
                let length = number * unit.days
                return isBefore
                    ? (anchor.lowerBound - length..<anchor.lowerBound, used)
                    : (anchor.upperBound..<anchor.upperBound + length, used)
            }
        }

        /// A time that needs no other one.
        private func plain(at index: Int) -> (Range<Int64>, Int)? {
            switch word(index) {
            case "today", "tonight": return (today..<today + 1, 1)
            case "yesterday": return (today - 1..<today, 1)
            case "tomorrow": return (today + 1..<today + 2, 1)
            default: break
            }
            return lastOrNext(at: index) ?? ago(at: index) ?? date(at: index) ?? weekday(at: index) ?? year(at: index)
        }

        /// "last week", "this month", "the past two days", "next Friday", "last May".
        private func lastOrNext(at index: Int) -> (Range<Int64>, Int)? {
            let way = word(index)
            guard ["last", "past", "previous", "this", "next", "coming"].contains(way) else { return nil }
            let step: Int64 = way == "this" ? 0 : way == "next" || way == "coming" ? 1 : -1
            if let number = TimeExpression.number(word(index + 1)), let unit = TimeExpression.units[word(index + 2)],
                step != 0
            {
                let length = number * unit.days
                return (step < 0 ? today - length..<today + 1 : today..<today + length + 1, 3)
            }
            let unit = word(index + 1)
            if unit == "night" || unit == "evening" { return (today + step..<today + step + 1, 2) }
            if let weekday = TimeExpression.weekdays[unit] {
                // "next Friday" is the first one after today, "last Friday" the one before.
                let day =
                    step < 0
                    ? today - ((today.weekday - weekday + 6) % 7 + 1)
                    : today + (weekday - today.weekday + (step > 0 ? 6 : 7)) % 7 + step
                return (day..<day + 1, 2)
            }
            let date = CivilDate(daysSinceEpoch: today)
            if let month = TimeExpression.months[unit] {
                var year = date.year
                if step < 0, month >= date.month { year -= 1 }
                if step > 0, month <= date.month { year += 1 }
                return (CivilDate.days(ofMonth: month, year: year), 2)
            }
            if let start = TimeExpression.seasons[unit] {
                var year = date.year
                if step < 0, start + 2 >= date.month { year -= 1 }
                if step > 0, start <= date.month { year += 1 }
                return (CivilDate.season(from: start, year: year), 2)
            }
            switch TimeExpression.units[unit] {
            case .day where step == 0: return (today..<today + 1, 2)
            case .week:
                let week = (today + step * 7).week
                return (week, 2)
            case .weekend:
                let saturday = (today + step * 7).week.lowerBound + 5
                return (saturday..<saturday + 2, 2)
            case .month: return (CivilDate.days(ofMonth: date.month + step, year: date.year), 2)
            case .year: return (CivilDate.days(ofYear: date.year + step), 2)
            default: return nil
            }
        }

        /// "three days ago", "a week ago", "a couple of months ago".
        private func ago(at index: Int) -> (Range<Int64>, Int)? {
            guard let number = TimeExpression.number(word(index)) else { return nil }
            var next = index + 1
            if word(next) == "couple" || word(next) == "few" { next += 1 }
            if word(next) == "of" { next += 1 }
            guard let unit = TimeExpression.units[word(next)], word(next + 1) == "ago" else { return nil }
            let used = next + 2 - index
            let amount = word(index + 1) == "couple" ? 2 : word(index + 1) == "few" ? 3 : number
            let date = CivilDate(daysSinceEpoch: today)
            switch unit {
            case .day: return (today - amount..<today - amount + 1, used)
            case .week, .weekend:
                // "Two weeks ago" may be any day of that week, or the weekend before.
                let day = today - amount * 7
                return (day - 3..<day + 4, used)
            case .month: return (CivilDate.days(ofMonth: date.month - amount, year: date.year), used)
            case .year: return (CivilDate.days(ofYear: date.year - amount), used)
            }
        }

        /// "3 June 2023", "June 3", "May 2023", "in May", "2023-05-03", "summer of 2022".
        private func date(at index: Int) -> (Range<Int64>, Int)? {
            let first = word(index)
            if let year = TimeExpression.year(first), let month = Int64(word(index + 1)), (1...12).contains(month),
                word(index + 1).utf8.count == 2, let day = Int64(word(index + 2)), (1...31).contains(day)
            {
                let start = CivilDate.days(ofMonth: month, year: year).lowerBound + day - 1
                return (start..<start + 1, 3)
            }
            if let day = TimeExpression.day(first) {
                let skip = word(index + 1) == "of" ? 1 : 0
                if let month = TimeExpression.months[word(index + 1 + skip)] {
                    let year = TimeExpression.year(word(index + 2 + skip))
                    return (days(day, month, year), 2 + skip + (year == nil ? 0 : 1))
                }
                return nil
            }
            if let month = TimeExpression.months[first] {
                if let day = TimeExpression.day(word(index + 1)) {
                    let year = TimeExpression.year(word(index + 2))
                    return (days(day, month, year), year == nil ? 2 : 3)
                }
                let skip = word(index + 1) == "of" ? 1 : 0
                if let year = TimeExpression.year(word(index + 1 + skip)) {
                    return (CivilDate.days(ofMonth: month, year: year), 2 + skip)
                }
                // "may" and "march" are months only where a time is expected.
                let before = word(index - 1)
                guard (first != "may" && first != "march") || TimeExpression.beforeMonths.contains(before) else {
                    return nil
                }
                let now = CivilDate(daysSinceEpoch: today)
                return (CivilDate.days(ofMonth: month, year: month > now.month ? now.year - 1 : now.year), 1)
            }
            if let start = TimeExpression.seasons[first] {
                let skip = word(index + 1) == "of" ? 1 : 0
                guard let year = TimeExpression.year(word(index + 1 + skip)) else { return nil }
                return (CivilDate.season(from: start, year: year), 2 + skip)
            }
            return nil
        }

        private func days(_ day: Int64, _ month: Int64, _ year: Int64?) -> Range<Int64> {
            let now = CivilDate(daysSinceEpoch: today)
            var start = CivilDate.days(ofMonth: month, year: year ?? now.year).lowerBound + day - 1
            if year == nil, start > today {
                start = CivilDate.days(ofMonth: month, year: now.year - 1).lowerBound + day - 1
            }
            return start..<start + 1
        }

        /// "on Friday": the last one, today too.
        private func weekday(at index: Int) -> (Range<Int64>, Int)? {
            guard let weekday = TimeExpression.weekdays[word(index)] else { return nil }
            let day = today - (today.weekday - weekday + 7) % 7
            return (day..<day + 1, 1)
        }

        /// "in 2023"; a number alone is not a year.
        private func year(at index: Int) -> (Range<Int64>, Int)? {
            guard let year = TimeExpression.year(word(index)), TimeExpression.beforeMonths.contains(word(index - 1))
            else {
                return nil
            }
            return (CivilDate.days(ofYear: year), 1)
        }
    }

    private enum Unit {
        case day
        case week
        case weekend
        case month
        case year

        var days: Int64 {
            switch self {
            case .day: 1
            case .week, .weekend: 7
            case .month: 30
            case .year: 365
            }
        }
    }

    private static let units: [String: Unit] = [
        "day": .day, "days": .day, "week": .week, "weeks": .week, "weekend": .weekend, "weekends": .weekend,
        "month": .month, "months": .month, "year": .year, "years": .year,
    ]
    /// Monday is 0.
    private static let weekdays: [String: Int64] = [
        "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6, "mondays": 0,
        "fridays": 4, "saturdays": 5, "sundays": 6,
    ]
    private static let months: [String: Int64] = [
        "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
        "september": 9, "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "apr": 4, "jun": 6, "jul": 7,
        "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    ]
    /// The first months of the seasons, in the north.
    private static let seasons: [String: Int64] = ["spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12]
    private static let beforeMonths: Set<String> = [
        "in", "since", "during", "of", "until", "till", "by", "before", "after", "early", "late", "mid", "year",
    ]
    private static let numbers: [String: Int64] = [
        "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
        "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "few": 3, "couple": 2, "several": 4,
    ]

    private static func number(_ word: String) -> Int64? {
        if let number = numbers[word] { return number }
        guard let number = Int64(word), (1...999).contains(number) else { return nil }
        return number
    }

    private static func day(_ word: String) -> Int64? {
        guard let day = Int64(word), (1...31).contains(day), word.utf8.count < 3 else { return nil }
        return day
    }

    private static func year(_ word: String) -> Int64? {
        guard let year = Int64(word), (1900...2199).contains(year), word.utf8.count == 4 else { return nil }
        return year
    }
}

extension TimeSpan {
    /// Whole days of UTC, counted from 1970.
    fileprivate init(days: Range<Int64>) {
        let day: Int64 = 86_400_000_000
        self.init(
            start: Instant(microseconds: days.lowerBound * day),
            end: Instant(microseconds: days.upperBound * day)
        )
    }
}

extension Int64 {
    /// Of a day since 1970; Monday is 0.
    fileprivate var weekday: Int64 { ((self + 3) % 7 + 7) % 7 }
    /// Monday to Sunday.
    fileprivate var week: Range<Int64> { self - weekday..<self - weekday + 7 }
}

extension CivilDate {
    /// The days of a month since 1970; months outside of 1 to 12 are those of the years before and after.
    fileprivate static func days(ofMonth month: Int64, year: Int64) -> Range<Int64> {
        first(ofMonth: month, year: year)..<first(ofMonth: month + 1, year: year)
    }

    fileprivate static func days(ofYear year: Int64) -> Range<Int64> {
        first(ofMonth: 1, year: year)..<first(ofMonth: 1, year: year + 1)
    }

    fileprivate static func season(from month: Int64, year: Int64) -> Range<Int64> {
        first(ofMonth: month, year: year)..<first(ofMonth: month + 3, year: year)
    }

    /// The first day of a month, as days since 1970.
    ///
    /// Source: `days_from_civil` in "chrono-Compatible Low-Level Date Algorithms" (H. Hinnant).
    private static func first(ofMonth anyMonth: Int64, year anyYear: Int64) -> Int64 {
        let months = anyYear * 12 + anyMonth - 1
        let month = (months % 12 + 12) % 12 + 1
        var year = (months - (month - 1)) / 12
        if month <= 2 { year -= 1 }
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
