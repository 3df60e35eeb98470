import AnimaCore

/// A web page as Markdown: what a reader came for, without what surrounds it.
struct PageText {
    /// The page's name; empty when it has none.
    let title: String
    /// The content: blocks with an empty line between them.
    let markdown: String
    /// Whether something was left out because the page is nested too deeply.
    let isCut: Bool

    /// Reads a page.
    ///
    /// - Parameters:
    ///   - address: Where it came from.
    ///   - keepsAll: Whether navigation, headers and footers are kept too.
    init(_ page: String, from address: WebAddress, keepsAll: Bool = false) {
        let tree = HTMLTree(page)
        var finder = Finder()
        finder.look(at: tree.root)
        title = Self.collapsed(finder.title)
        isCut = tree.isCut
        let base = finder.base.flatMap { try? address.resolve($0) } ?? address
        let renderer = Renderer(base: base, keepsAll: keepsAll)
        let body = finder.body ?? tree.root
        let whole = { renderer.blocks(body, indents: 0).joined(separator: "\n\n") }
        if !keepsAll, let main = finder.main {
            let text = renderer.blocks(main, indents: 0).joined(separator: "\n\n")
            // Some pages mark a frame around nothing as their main part and fill it by a script.
            markdown = text.utf8.count >= 200 ? text : whole()
        } else {
            markdown = whole()
        }
    }

    /// Text with each run of white space as one space.
    private static func collapsed(_ text: String) -> String {
        text.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// The parts of a page that are found by looking at all of it once.
    private struct Finder {
        var title = ""
        var base: String?
        var body: HTMLTree.Element?
        private var mains: [HTMLTree.Element] = []
        private var articles: [HTMLTree.Element] = []

        /// The one part that the page says is its content.
        var main: HTMLTree.Element? { mains.count == 1 ? mains[0] : articles.count == 1 ? articles[0] : nil }

        mutating func look(at element: HTMLTree.Element) {
            switch element.name {
            case "title": if title.isEmpty { title = element.plainText }
            case "base": if base == nil { base = element.attributes["href"] }
            case "body": if body == nil { body = element }
            case "main": mains.append(element)
            case "article": articles.append(element)
            default: if element.attributes["role"] == "main" { mains.append(element) }
            }
            for child in element.elements { look(at: child) }
        }
    }
}

extension HTMLTree.Element {
    /// All text in it, as it stands there.
    fileprivate var plainText: String {
        var text = ""
        addText(to: &text)
        return text
    }

    private func addText(to text: inout String) {
        if name == "br" { text += "\n" }
        for child in children {
            switch child {
            case .text(let part): text += part
            case .element(let element): element.addText(to: &text)
            }
        }
    }
}

/// Writes elements as Markdown.
private struct Renderer {
    let base: WebAddress
    let keepsAll: Bool

    /// Quotes and lists deeper than this are not indented further.
    private static let maxIndents = 12
    /// A table row has at most so many cells.
    private static let maxCells = 64
    private static let containers: Set<String> = ["ul", "ol", "dl", "pre", "blockquote", "table", "hr"]

    /// What an element holds, as blocks.
    func blocks(_ element: HTMLTree.Element, indents: Int) -> [String] {
        var blocks: [String] = []
        var line = ""
        func flush() {
            let text = trimmed(line)
            if !text.isEmpty { blocks.append(text) }
            line = ""
        }
        for child in element.children {
            switch child {
            case .text(let text): append(text, to: &line)
            case .element(let child):
                guard isKept(child) else { continue }
                if HTMLNames.blocks.contains(child.name) || child.hasBlocks && child.name != "a" {
                    flush()
                    blocks += block(child, indents: indents)
                } else {
                    inline(child, to: &line)
                }
            }
        }
        flush()
        return blocks
    }

    private func block(_ element: HTMLTree.Element, indents: Int) -> [String] {
        switch element.name {
        case "h1", "h2", "h3", "h4", "h5", "h6":
            let text = oneLine(element)
            let level = Int(element.name.dropFirst()) ?? 1
            return text.isEmpty ? [] : [String(repeating: "#", count: level) + " " + text]
        case "hr": return ["---"]
        case "pre": return code(element)
        case "ul", "ol", "menu": return list(element, indents: indents)
        case "dl": return definitions(element, indents: indents)
        case "table": return table(element, indents: indents)
        case "blockquote":
            let inner = blocks(element, indents: indents + 1)
            guard indents < Self.maxIndents, !inner.isEmpty else { return inner }
            let lines = inner.joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
            return [lines.map { $0.isEmpty ? ">" : "> " + $0 }.joined(separator: "\n")]
        default: return blocks(element, indents: indents)
        }
    }

    // MARK: Blocks

    private func list(_ element: HTMLTree.Element, indents: Int) -> [String] {
        var number = element.attributes["start"].flatMap { Int($0) } ?? 1
        var items: [String] = []
        var isLoose = false
        for item in element.elements where isKept(item) {
            let inner = blocks(item, indents: indents + 1)
            guard !inner.isEmpty else { continue }
            // What a page puts between the items stands alone.
            let isItem = item.name == "li"
            let marker = element.name == "ol" ? "\(number). " : "- "
            if isItem { number &+= 1 }
            let hasOnlyLists = inner.dropFirst().allSatisfy { $0.hasPrefix("- ") || $0.hasPrefix("1. ") }
            let text = inner.joined(separator: hasOnlyLists ? "\n" : "\n\n")
            if !hasOnlyLists { isLoose = true }
            items.append(isItem ? hanging(text, marker, indents) : text)
        }
        return items.isEmpty ? [] : [items.joined(separator: isLoose ? "\n\n" : "\n")]
    }

    private func definitions(_ element: HTMLTree.Element, indents: Int) -> [String] {
        var lines: [String] = []
        for part in element.elements where isKept(part) {
            switch part.name {
            case "dt": lines.append(oneLine(part))
            case "dd":
                let inner = blocks(part, indents: indents + 1).joined(separator: "\n\n")
                if !inner.isEmpty { lines.append(hanging(inner, ": ", indents)) }
            default: lines += definitions(part, indents: indents)
            }
        }
        let kept = lines.filter { !$0.isEmpty }
        return kept.isEmpty ? [] : [kept.joined(separator: "\n")]
    }

    /// A text whose lines after the first are indented by the width of its marker.
    private func hanging(_ text: String, _ marker: String, _ indents: Int) -> String {
        guard indents < Self.maxIndents else { return marker + text }
        let indent = String(repeating: " ", count: marker.count)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices.dropFirst() where !lines[index].isEmpty { lines[index] = indent + lines[index] }
        return marker + lines.joined(separator: "\n")
    }

    private func code(_ element: HTMLTree.Element) -> [String] {
        var text = element.plainText[...]
        if text.hasPrefix("\n") { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        guard !text.isEmpty else { return [] }
        var fence = "```"
        while text.contains(fence) { fence += "`" }
        let classes = ([element] + element.elements).compactMap { $0.attributes["class"] }.joined(separator: " ")
        let language = classes.split(separator: " ").lazy
            .compactMap { name in
                ["language-", "lang-"].first(where: name.hasPrefix).map { String(name.dropFirst($0.count)) }
            }
            .first { $0.utf8.count <= 20 && !$0.contains("`") }
        return [fence + (language ?? "") + "\n" + text + "\n" + fence]
    }

    private func table(_ element: HTMLTree.Element, indents: Int) -> [String] {
        var rows: [[HTMLTree.Element]] = []
        var caption: [String] = []
        collect(element, &rows, &caption)
        rows = rows.filter { !$0.isEmpty }
        let cells = rows.flatMap(\.self)
        let width = min(rows.map(\.count).max() ?? 0, Self.maxCells)
        let holdsBlocks = cells.contains { cell in cell.hasBlocks && holdsContainer(cell) }
        // A table of one column, or with lists or tables in it, was made for its looks.
        guard width > 1, !holdsBlocks else {
            return caption + cells.flatMap { blocks($0, indents: indents) }
        }
        let texts = rows.map { row in row.prefix(width).map { oneLine($0).replacing("|", with: "\\|") } }
        let line = { (cells: [String]) in
            "| " + (cells + Array(repeating: "", count: width - cells.count)).joined(separator: " | ") + " |"
        }
        guard texts.contains(where: { $0.contains { !$0.isEmpty } }) else { return caption }
        var lines = texts.map(line)
        lines.insert("|" + String(repeating: " --- |", count: width), at: 1)
        return caption + [lines.joined(separator: "\n")]
    }

    private func collect(_ element: HTMLTree.Element, _ rows: inout [[HTMLTree.Element]], _ caption: inout [String]) {
        for child in element.elements where isKept(child) {
            switch child.name {
            case "tr": rows.append(child.elements.filter { ["td", "th"].contains($0.name) && isKept($0) })
            case "thead", "tbody", "tfoot": collect(child, &rows, &caption)
            case "caption": caption += blocks(child, indents: 0)
            default: break
            }
        }
    }

    private func holdsContainer(_ element: HTMLTree.Element) -> Bool {
        element.elements.contains { Self.containers.contains($0.name) || $0.hasBlocks && holdsContainer($0) }
    }

    // MARK: Lines

    private func inline(_ element: HTMLTree.Element, to line: inout String) {
        switch element.name {
        case "br":
            while line.hasSuffix(" ") { line.removeLast() }
            line += "\n"
        case "img":
            let alt = trimmed(collapsed(element.attributes["alt"] ?? ""))
            if !alt.isEmpty { append("![\(alt)]", to: &line) }
        case "code", "kbd", "samp", "tt":
            let text = collapsed(element.plainText)
            let inner = trimmed(text)
            guard !inner.isEmpty else { return append(" ", to: &line) }
            let mark = inner.contains("`") ? "``" : "`"
            append((text.hasPrefix(" ") ? " " : "") + mark + inner + mark + (text.hasSuffix(" ") ? " " : ""), to: &line)
        case "strong", "b": wrap(element, "**", "**", to: &line)
        case "em", "i", "cite", "dfn": wrap(element, "*", "*", to: &line)
        case "del", "s", "strike": wrap(element, "~~", "~~", to: &line)
        case "q": wrap(element, "\"", "\"", to: &line)
        case "sup": wrap(element, "^", "", to: &line)
        case "a":
            if let target = target(of: element) {
                wrap(element, "[", "](\(target))", to: &line)
            } else {
                children(of: element, to: &line)
            }
        case "input": break
        default: children(of: element, to: &line)
        }
    }

    private func children(of element: HTMLTree.Element, to line: inout String) {
        for child in element.children {
            switch child {
            case .text(let text): append(text, to: &line)
            case .element(let child):
                guard isKept(child) else { continue }
                if HTMLNames.blocks.contains(child.name) { append(" ", to: &line) }
                inline(child, to: &line)
                if HTMLNames.blocks.contains(child.name) { append(" ", to: &line) }
            }
        }
    }

    /// Puts marks around what an element holds, inside of its white space; around nothing there are none.
    private func wrap(_ element: HTMLTree.Element, _ before: String, _ after: String, to line: inout String) {
        var inner = ""
        children(of: element, to: &inner)
        let text = trimmed(inner)
        guard !text.isEmpty else { return append(inner, to: &line) }
        if inner.first?.isWhitespace == true { append(" ", to: &line) }
        line += before + text + after
        if inner.last?.isWhitespace == true { line += " " }
    }

    /// Adds text with each run of white space as one space.
    private func append(_ text: String, to line: inout String) {
        var isSpace = line.isEmpty || line.last == " " || line.last == "\n"
        for scalar in text.unicodeScalars {
            // A space that must not break is a space to a model.
            if scalar.value <= 0x20 || scalar.value == 0xA0 {
                if !isSpace { line.unicodeScalars.append(" ") }
                isSpace = true
            } else if scalar.value != 0xAD, scalar.value != 0x200B, scalar.value != 0xFEFF {
                line.unicodeScalars.append(scalar)
                isSpace = false
            }
        }
    }

    private func target(of link: HTMLTree.Element) -> String? {
        guard let href = link.attributes["href"], !href.hasPrefix("#") else { return nil }
        if href.lowercased().hasPrefix("mailto:") {
            return href.contains(where: { $0.isWhitespace || $0 == ")" }) ? nil : href
        }
        guard let address = try? base.resolve(href) else { return nil }
        return address.description.replacing("(", with: "%28").replacing(")", with: "%29")
    }

    private func oneLine(_ element: HTMLTree.Element) -> String {
        var line = ""
        children(of: element, to: &line)
        return trimmed(line.replacing("\n", with: " "))
    }

    private func isKept(_ element: HTMLTree.Element) -> Bool {
        if element.attributes["hidden"] != nil || element.attributes["aria-hidden"] == "true" { return false }
        switch element.name {
        case "head", "title", "base": return false
        case "nav", "footer", "aside": return keepsAll
        default: break
        }
        guard let role = element.attributes["role"], !keepsAll else { return true }
        return !["navigation", "search", "banner", "contentinfo", "complementary"].contains(role)
    }

    private func collapsed(_ text: String) -> String {
        var line = ""
        // A first character keeps white space at the beginning.
        append("x" + text, to: &line)
        return String(line.dropFirst())
    }

    private func trimmed(_ text: String) -> String {
        var text = text[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
