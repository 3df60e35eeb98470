import AnimaCore
import Testing

@testable import AnimaModels

@Suite("Waits that providers ask for")
struct RetryHintsTests {
    /// Tue, 14 Nov 2023 22:13:20 GMT.
    private static let now = Instant(microseconds: 1_700_000_000_000_000)

    @Test(
        "a reset is a wait in many notations",
        arguments: [
            ("6m0s", .seconds(360)), ("1h2m3s", .seconds(3723)), ("1.5s", .milliseconds(1500)),
            ("20ms", .milliseconds(20)), ("59.9ms", .milliseconds(60)), ("0s", .zero), ("12", .seconds(12)),
            ("0.25", .milliseconds(250)), ("-3", .zero), ("1700000030", .seconds(30)),
            ("1700000030500", .milliseconds(30_500)), ("1699999999", .zero), ("2023-11-14T22:13:50Z", .seconds(30)),
            ("2023-11-14T22:13:50.999Z", .seconds(30)), ("2023-11-14T23:13:50+01:00", nil),
            ("2024-13-14T22:13:50Z", nil),
            ("9999-12-31T23:59:59Z", .seconds(86_400)), ("1e18", .seconds(86_400)), ("1e300", .seconds(86_400)),
            ("99999999999h", .seconds(86_400)), ("nan", nil), ("inf", nil), ("", nil), ("s", nil), ("5x", nil),
            ("5m3", nil), ("soon", nil),
        ] as [(String, Duration?)]
    )
    func readsAReset(text: String, wait: Duration?) {
        #expect(RetryHints.parse(reset: text, now: Self.now) == wait)
    }

    @Test(
        "an HTTP date is a moment",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000), ("Tue, 14 Nov 2023 22:13:20 GMT", 1_700_000_000),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Tue, 14 Nov 2023 22:13:20 CET", nil),
            ("Tue, 14 Nov 2023 25:13:20 GMT", nil), ("Tue, 14 Foo 2023 22:13:20 GMT", nil),
            ("Tue, 14 Nov 99999999999999999 22:13:20 GMT", nil), ("14 Nov 2023", nil), ("", nil),
        ] as [(String, Int64?)]
    )
    func readsADate(text: String, seconds: Int64?) {
        #expect(RetryHints.date(text)?.microseconds == seconds.map { $0 * 1_000_000 })
    }

    @Test func waitsForTheLongestResetOfThoseUsedUp() {
        let head = HTTPHead(
            status: 429,
            headers: [
                ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "20s"),
                ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1m"),
                ("x-ratelimit-remaining-days", "1"), ("x-ratelimit-reset-days", "24h"),
            ]
        )
        #expect(RetryHints.wait(head, now: Self.now) == .seconds(60))
    }
}
