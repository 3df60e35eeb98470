import AnimaCore
import Testing

@testable import AnimaTools

@Suite struct PageTextTests {
    private func page(_ html: String, keepsAll: Bool = false) throws -> PageText {
        PageText(html, from: try WebAddress("https://a.test/dir/page"), keepsAll: keepsAll)
    }

    @Test(arguments: [
        ("<p>one  two\n three</p><p>four", "one two three\n\nfour"),
        ("<h1>A</h1><h2>B <em>c</em></h2>text", "# A\n\n## B *c*\n\ntext"),
        ("a<br>b<br/>c", "a\nb\nc"), ("a<hr>b", "a\n\n---\n\nb"),
        ("<p>a <b>b</b>, <i> c </i>d <code>x = 1</code></p>", "a **b**, *c* d `x = 1`"),
        ("<ul><li>a<li>b <ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ol start=3><li>a</li><li><p>b</p><p>c</p></li></ol>", "3. a\n\n4. b\n\n   c"),
        ("<dl><dt>t<dd>d</dl>", "t\n: d"), ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        (
            "<pre><code class='x language-swift'>let a = 1\n  b &lt; c\n</code></pre>",
            "```swift\nlet a = 1\n  b < c\n```"
        ),
        ("<pre>```\nx</pre>", "````\n```\nx\n````"),
        (
            "<table><tr><th>a<th>b|c<tr><td>1<br>2<td></table>",
            "| a | b\\|c |\n| --- | --- |\n| 1 2 |  |"
        ),
        ("<table><tr><td><p>one</p><ul><li>x</ul></td><td>two</td></tr></table>", "one\n\n- x\n\ntwo"),
        ("<a href='/x?a=1&amp;b=2'>go</a>", "[go](https://a.test/x?a=1&b=2)"),
        ("<a href='../y(1)'> go </a>on", "[go](https://a.test/y%281%29) on"),
        (
            "<a href='//b.test'>b</a> <a href='#x'>here</a> <a href='javascript:alert(1)'>js</a>",
            "[b](https://b.test/) here js"
        ),
        ("<a href='mailto:a@b.test'>mail</a>", "[mail](mailto:a@b.test)"),
        ("<a href='/x'><h3>T</h3><p>text</p></a>", "[T text](https://a.test/x)"),
        ("<p>see <img src=x.png alt='a  cat'> <img src=y.png></p>", "see ![a cat]"),
        ("<p>&euro;&nbsp;5 &#8211; &#x1F44B; &amp;lt; &bogus;</p>", "€ 5 – 👋 &lt; &bogus;"),
        ("a<script>b()</script><style>c{}</style><noscript>d</noscript><!-- e --><template>f</template>g", "ag"),
        ("<nav>menu</nav><p>text</p><footer>foot</footer><div hidden>h</div><div role=navigation>n</div>", "text"),
        ("<span>a</span><span>b</span> <div>c<div>d</div>e</div>", "ab\n\nc\n\nd\n\ne"),
        ("<span>x<div>y</div></span>z", "x\n\ny\n\nz"), ("", ""), ("plain", "plain"), ("<b></b><p> </p>", ""),
        ("<base href='https://b.test/q/'><a href=r>s</a>", "[s](https://b.test/q/r)"),
        ("E=mc<sup>2</sup> <del>x</del> <q>y</q>", "E=mc^2 ~~x~~ \"y\""),
    ])
    func writesMarkdown(html: String, expected: String) throws {
        #expect(try page(html).markdown == expected)
    }

    @Test func takesTheMainPartAndTheTitle() throws {
        let text = String(repeating: "A sentence of the text. ", count: 10)
        let html = """
            <!doctype html><html><head><title> The
            title </title></head><body><header>Site</header><div>advert</div>
            <main><h1>Head</h1><nav>on this page</nav><p>\(text)</p></main><div>more</div></body></html>
            """
        let page = try page(html)
        #expect(page.title == "The title")
        #expect(page.markdown == "# Head\n\n" + text.dropLast())
        let all = try self.page(html, keepsAll: true).markdown
        #expect(all.contains("advert") && all.contains("on this page"))
    }

    @Test func takesTheWholePageWhenItsMainPartIsEmpty() throws {
        #expect(try page("<div>text</div><main></main>").markdown == "text")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            String(repeating: "<div>", count: 200_000) + "deep",
            String(repeating: "<b><i>", count: 100_000) + "deep" + String(repeating: "</b></i>", count: 100_000),
            String(repeating: "<blockquote>", count: 900) + "deep",
            String(repeating: "<ul><li>", count: 400) + "deep",
            String(repeating: "<table><tr><td>", count: 300) + "deep",
            "<p " + (0..<100_000).map { "a\($0)=\"x\" " }.joined() + ">text</p>",
            "<p " + (0..<100_000).map { "b\($0) " }.joined() + ">text</p>",
            "<a href=\"" + String(repeating: "x", count: 3_000_000) + "\">text</a>",
            String(repeating: "<", count: 300_000), String(repeating: "<!--", count: 200_000),
            String(repeating: "&#x", count: 200_000), String(repeating: "&amp", count: 200_000),
            String(repeating: "</p>", count: 200_000), "<p>\u{0}\u{1}\u{FFFE}text",
            "<!DOCTYPE " + String(repeating: "[", count: 100_000),
            "<!DOCTYPE x [<!ENTITY a \"b\"><!ENTITY b \"&a;&a;\">]><p>&b;",
            "<p>" + String(repeating: "a", count: 3_000_000),
            String(repeating: "<p>x<table>", count: 50_000), "<svg>" + String(repeating: "<g>", count: 100_000),
        ]
    )
    func survivesHostilePages(html: String) throws {
        let page = try page(html)
        #expect(page.markdown.utf8.count < 2 * html.utf8.count + 100_000)
    }

    @Test(arguments: 1...40)
    func survivesTagSoup(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        let parts = [
            "<p>", "</p>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "</table>", "<b", ">", "<a href=\"x\">",
            "</a>",
            "<pre>", "</pre>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<?x ", "&amp;", "&#0;",
            "&#x110000;",
            "\"", "'", "=", " ", "\n", "text", "\u{0}", "ü", "</", "<title>", "<body>", "</html>", "<svg>", "<select>",
            "<h1>",
            "<blockquote>", "<dl>", "<dd>", "<br>", "<img alt=y>", "<code>", "</code>", "<base href=//b>", "<main>",
            "<template>",
        ]
        for _ in 0..<50 {
            var html = ""
            for _ in 0..<60 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                html += parts[Int(state >> 33) % parts.count]
            }
            let markdown = try page(html).markdown
            #expect(try page(html).markdown == markdown)
            #expect(!markdown.utf8.contains(0))
        }
    }

    @Test func keepsWhatComesBeforeTooDeepNesting() throws {
        let page = try page("<p>before</p>" + String(repeating: "<div>", count: 5000) + "deep")
        #expect(page.markdown == "before")
        #expect(page.isCut)
        let fine = try self.page("<p>before</p>" + String(repeating: "<div>", count: 500) + "deep")
        #expect(fine.markdown == "before\n\ndeep")
        #expect(!fine.isCut)
    }

    @Test(
        arguments: [
            ([0x67, 0x72, 0xFC, 0xDF, 0x65], "iso-8859-1", "grüße"), ([0x80], "latin1", "€"),
            ([0x67, 0xC3, 0xBC], "utf-8", "gü"), ([0x67, 0xFC], nil, "g\u{FFFD}"),
            ([0x93, 0xFA, 0x96, 0x7B], "Shift_JIS", "日本"),
            ([0xC4, 0xE3], "gb2312", "你"), ([0xD0, 0xD2], "koi8-r", "пр"), ([0xFF, 0xFE, 0x61, 0], "utf-8", "a"),
            ([0xFE, 0xFF, 0, 0x61], nil, "a"), ([0xEF, 0xBB, 0xBF, 0x61], "latin1", "a"),
            ([0x61, 0xFF], "ascii//TRANSLIT", "a\u{FFFD}"),
            ([0x61], "utf-7", "a"), ([0x61, 0x93], "shift_jis", "a\u{FFFD}"),
            ([0x81, 0xFF, 0x61], "shift_jis", "\u{FFFD}\u{FFFD}a"),
        ] as [([UInt8], String?, String)]
    )
    func decodesByTheCharacterSet(bytes: [UInt8], label: String?, expected: String) {
        #expect(Charset.decode(bytes, label: label) == expected)
    }

    @Test(
        arguments: [
            ("text/html; charset=\"ISO-8859-1\"", "ISO-8859-1"), ("text/html;CharSet=x", "x"), ("text/html", nil),
            ("text/html; boundary=charset", nil),
        ] as [(String, String?)]
    )
    func findsTheCharacterSetOfAType(value: String, expected: String?) {
        #expect(Charset.label(inContentType: value) == expected)
    }

    @Test(
        arguments: [
            ("<meta charset=koi8-r>", "koi8-r"), ("<META http-equiv=x content='text/html; CHARSET=latin1'>", "latin1"),
            ("<meta charset='utf-16'>", "utf-8"), ("<p>", nil),
        ] as [(String, String?)]
    )
    func findsTheCharacterSetOfAPage(html: String, expected: String?) {
        #expect(Charset.label(inPage: Array(html.utf8)) == expected)
    }
}
