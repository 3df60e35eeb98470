import AnimaCore
import Testing

@Suite("Times in plain English")
struct TimeExpressionTests {
    /// Wednesday, 14 June 2023, noon.
    private let now = Instant(microseconds: 1_686_744_000_000_000)

    @Test(
        "are understood",
        arguments: [
            ("What happened today?", "2023-06-14", "2023-06-15"), ("yesterday evening", "2023-06-13", "2023-06-14"),
            ("what is on tomorrow", "2023-06-15", "2023-06-16"), ("last week", "2023-06-05", "2023-06-12"),
            ("this week", "2023-06-12", "2023-06-19"), ("next week", "2023-06-19", "2023-06-26"),
            ("last weekend", "2023-06-10", "2023-06-12"), ("last month", "2023-05-01", "2023-06-01"),
            ("last year", "2022-01-01", "2023-01-01"), ("in May 2023", "2023-05-01", "2023-06-01"),
            ("in May", "2023-05-01", "2023-06-01"), ("in August", "2022-08-01", "2022-09-01"),
            ("on 3 June", "2023-06-03", "2023-06-04"), ("on June 3rd, 2021", "2021-06-03", "2021-06-04"),
            ("the 3rd of June 2021", "2021-06-03", "2021-06-04"), ("on 20 June", "2022-06-20", "2022-06-21"),
            ("since 2023-05-03", "2023-05-03", "2023-05-04"), ("in 2022", "2022-01-01", "2023-01-01"),
            ("three days ago", "2023-06-11", "2023-06-12"), ("two months ago", "2023-04-01", "2023-05-01"),
            ("a couple of days ago", "2023-06-12", "2023-06-13"), ("a year ago", "2022-01-01", "2023-01-01"),
            ("a week ago", "2023-06-04", "2023-06-11"), ("on Monday", "2023-06-12", "2023-06-13"),
            ("on Wednesday", "2023-06-14", "2023-06-15"), ("last Wednesday", "2023-06-07", "2023-06-08"),
            ("last Friday", "2023-06-09", "2023-06-10"), ("next Friday", "2023-06-16", "2023-06-17"),
            ("next Wednesday", "2023-06-21", "2023-06-22"), ("the last two weeks", "2023-05-31", "2023-06-15"),
            ("the week before 9 June 2023", "2023-06-02", "2023-06-09"),
            ("the day after 31 December 2022", "2023-01-01", "2023-01-02"),
            ("the Friday before 15 July 2022", "2022-07-08", "2022-07-09"),
            ("two days before yesterday", "2023-06-11", "2023-06-12"),
            ("the weekend before 17 July 2022", "2022-07-09", "2022-07-11"),
            ("last summer", "2022-06-01", "2022-09-01"), ("summer of 2021", "2021-06-01", "2021-09-01"),
            ("last December", "2022-12-01", "2023-01-01"), ("on 29 February 2024", "2024-02-29", "2024-03-01"),
        ]
    )
    func understands(_ text: String, _ start: String, _ end: String) {
        let spans = TimeExpression.spans(in: text, now: now)
        #expect(spans.map { $0.start.rfc3339.prefix(10) } == [Substring(start)], "\(text)")
        #expect(spans.map { $0.end.rfc3339.prefix(10) } == [Substring(end)], "\(text)")
    }

    @Test(
        "are not seen where none are",
        arguments: [
            "", "may I come in?", "they march on", "room 2023", "a week", "the last straw", "5 apples", "second hand",
            "99999999999999999999 days ago", "the day before", "in", "32 June",
        ]
    )
    func isNotFooled(_ text: String) {
        let spans = TimeExpression.spans(in: text, now: now)
        #expect(spans.allSatisfy { text == "32 June" && $0.end > $0.start })
    }

    @Test func findsSeveral() {
        #expect(TimeExpression.spans(in: "in May 2021 or last week, not yesterday", now: now).count == 3)
    }

    @Test(arguments: [Int64.min, -62_135_596_800_000_000, 0, 253_402_300_800_000_000, .max])
    func neverFails(at moment: Int64) {
        for text in ["last year", "in May", "999 years ago", "next Friday", "the year before 1 January 1900"] {
            for span in TimeExpression.spans(in: text, now: Instant(microseconds: moment)) {
                #expect(span.start <= span.end)
            }
        }
    }
}
