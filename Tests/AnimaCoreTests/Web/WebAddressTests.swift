import AnimaCore
import Testing

@Suite("Addresses of the web")
struct WebAddressTests {
    @Test(
        "have one form",
        arguments: [
            ("https://example.com", "https://example.com/"), ("HTTPS://EXAMPLE.com:443/a", "https://example.com/a"),
            ("http://example.com:80", "http://example.com/"), ("http://example.com:8080/", "http://example.com:8080/"),
            ("http://example.com.", "http://example.com/"), ("  http://example.com/ ", "http://example.com/"),
            ("http://example.com:/x", "http://example.com/x"), ("http://example.com?a=b", "http://example.com/?a=b"),
            ("http://example.com#top", "http://example.com/"), ("http://e.com/a#b?c", "http://e.com/a"),
            ("http://e.com/a/./b/../c", "http://e.com/a/c"), ("http://e.com/a/%2e%2E/c", "http://e.com/c"),
            ("http://e.com/../..", "http://e.com/"), ("http://e.com/a/..", "http://e.com/"),
            ("http://e.com/a//b/", "http://e.com/a//b/"), ("http://e.com/%41%2fb%", "http://e.com/A%2Fb%25"),
            ("http://e.com/grüße weit?x=ä b", "http://e.com/gr%C3%BC%C3%9Fe%20weit?x=%C3%A4%20b"),
            ("http://e.com/a\\b", "http://e.com/a%5Cb"), ("http://e.com/@x?y@z", "http://e.com/@x?y@z"),
            ("http://e.com/a?u=http://b/?c", "http://e.com/a?u=http://b/?c"),
            // Everything that means 127.0.0.1 says so.
            ("http://127.0.0.1", "http://127.0.0.1/"), ("http://127.0.0.1.", "http://127.0.0.1/"),
            ("http://127.1", "http://127.0.0.1/"), ("http://127.0.1", "http://127.0.0.1/"),
            ("http://2130706433", "http://127.0.0.1/"), ("http://0x7f000001", "http://127.0.0.1/"),
            ("http://0X7F.1", "http://127.0.0.1/"), ("http://017700000001", "http://127.0.0.1/"),
            ("http://0177.0.0.01", "http://127.0.0.1/"), ("http://0", "http://0.0.0.0/"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"), ("http://[0:0::1]", "http://[::1]/"),
            ("http://[::FFFF:127.0.0.1]", "http://[::ffff:7f00:1]/"),
            ("http://[2001:DB8::0:1]", "http://[2001:db8::1]/"),
        ]
    )
    func areCanonical(_ text: String, _ expected: String) throws {
        let address = try WebAddress(text)
        #expect(address.description == expected)
        // What is canonical stays so.
        #expect(try WebAddress(expected) == address)
    }

    @Test(
        "of forms that programs read differently are refused",
        arguments: [
            "", "example.com", "//example.com", "ftp://example.com", "file:///etc/passwd", "javascript:alert(1)",
            "http:example.com", "http:/example.com", "http://", "http:///x", "http://:80", "http://.", "http://a..b",
            "http://user@example.com", "http://user:secret@example.com", "http://example.com@127.0.0.1",
            "http://127.0.0.1\\@example.com", "http://example.com\\.evil.com", "http://exa mple.com",
            "http://example.com:0", "http://example.com:65536", "http://example.com:8a", "http://example.com:-1",
            "http://example.com:+80", "http://256.0.0.1", "http://1.2.3.4.5", "http://08.1.1.1", "http://0xg",
            "http://4294967296", "http://1.2.3.256", "http://foo.1", "http://foo.0x1", "http://0x", "http://1..2",
            "http://[::1", "http://[::1]x", "http://[fe80::1%eth0]", "http://[fe80::1%25eth0]", "http://[1.2.3.4]",
            "http://[::1.2.3]", "http://[:::1]", "http://[1::2::3]", "http://[1:2:3:4:5:6:7:8:9]", "http://[12345::]",
            "http://[::ffff:127.0.0.01]", "http://[]", "http://%31%32%37.0.0.1", "http://１２７.0.0.1",
            "http://127。0。0。1", "http://ⓔxample.com", "http://exämple.com", "http://\u{212A}elvin.com",
            "http://exa\u{AD}mple.com", "http://example.com\r\nhost: b/", "http://e.com/a\nb", "http://e.com/\u{0}",
            "http://a,b", "http://\(String(repeating: "a", count: 64)).com",
            "http://e.com/\(String(repeating: "a", count: 8192))",
        ]
    )
    func areRefused(_ text: String) {
        let error = #expect(throws: WebAddressError.self) { try WebAddress(text) }
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "refer to others",
        arguments: [
            ("", "http://a.test/b/c?d"), ("#x", "http://a.test/b/c?d"), ("e", "http://a.test/b/e"),
            ("./e", "http://a.test/b/e"), ("../e", "http://a.test/e"), ("../../../e", "http://a.test/e"),
            ("/e?f", "http://a.test/e?f"), ("?f", "http://a.test/b/c?f"), ("//b.test/e", "http://b.test/e"),
            ("https://b.test", "https://b.test/"), ("e:f/g", nil), ("mailto:a@b.test", nil),
            ("//127.1", "http://127.0.0.1/"),
            ("/\\b.test", "http://a.test/%5Cb.test"), ("e?u=a:b", "http://a.test/b/e?u=a:b"), ("//u@b.test", nil),
        ] as [(String, String?)]
    )
    func resolves(_ reference: String, _ expected: String?) throws {
        let base = try WebAddress("http://a.test/b/c?d")
        #expect((try? base.resolve(reference))?.description == expected)
    }

    @Test func knowsItsOrigin() throws {
        #expect(try WebAddress("https://A.test:443/x").origin == "https://a.test")
        #expect(try WebAddress("https://a.test:80/x").origin == "https://a.test:80")
        #expect(try WebAddress("http://[::1]:81/x").origin == "http://[::1]:81")
    }

    @Test(
        "numbers of hosts are written in one way",
        arguments: [
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("::", "::"), ("1::", "1::"), ("::1", "::1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"), ("2001:0DB8::", "2001:db8::"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ]
    )
    func writesVersion6(_ text: String, _ expected: String) throws {
        #expect(try #require(IPAddress(version6: text)).description == expected)
    }

    @Test("stay as they are when they are read again, whatever they are made of", arguments: 1...20)
    func areStable(_ seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        let parts = [
            "/", "//", ".", "..", "%", "%2e", "%2F", "%zz", "?", "#", "@", ":", "80", "a", "B.test", "[", "]", "::1",
            "0x7f",
            "127.1", "\\", " ", "ü", "~", "&", "=", "http:", "%41", "%E4", "'", "|",
        ]
        var read = 0
        for _ in 0..<2000 {
            var text = "http://a.test"
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += parts[Int(state >> 33) % parts.count]
            }
            guard let address = try? WebAddress(text) else { continue }
            read += 1
            #expect(try WebAddress(address.description) == address, "\(text)")
            #expect(try address.resolve(address.description) == address, "\(text)")
            let isPlain = address.description.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            #expect(isPlain, "\(text)")
            #expect(!address.path.split(separator: "/").contains { $0 == "." || $0 == ".." }, "\(text)")
        }
        #expect(read > 100)
    }
}
