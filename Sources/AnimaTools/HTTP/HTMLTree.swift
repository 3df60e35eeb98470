import CLibXML2

/// A page as a tree of bounded depth and size, made by the system's HTML parser.
final class HTMLTree {
    /// One thing inside an element.
    enum Child {
        case text(String)
        case element(Element)
    }

    /// An element with what is kept of its attributes.
    final class Element {
        let name: String
        let attributes: [String: String]
        fileprivate(set) var children: [Child] = []
        /// Whether an element somewhere in it begins a line of its own.
        fileprivate(set) var hasBlocks = false

        init(_ name: String, _ attributes: [String: String] = [:]) {
            self.name = name
            self.attributes = attributes
        }

        var elements: [Element] { children.compactMap { if case .element(let element) = $0 { element } else { nil } } }
    }

    /// Elements below this depth are left out, and their text is counted to the one at it.
    static let maxDepth = 200
    /// Parsing stops where elements are nested deeper than this: nobody writes that, and the parser gets slow.
    static let maxOpen = 1000
    /// So many elements are kept; of the rest only the text is.
    static let maxElements = 200_000
    /// A start tag may have so many attributes; the parser's time grows with their square.
    static let maxAttributes = 128
    /// An attribute of more bytes is left out.
    static let maxAttributeBytes = 8192

    let root = Element("#root")
    /// Whether the page was not read to its end.
    private(set) var isCut = false

    /// An element whose end has not come.
    private struct Open {
        let name: String
        /// Where text goes: the element, or the one around it when it is left out itself.
        let element: Element
        /// Whether its content is not kept.
        let isDropped: Bool
    }

    private var open: [Open]
    private var elements = 0
    private var events = 0

    /// Parses a page.
    init(_ page: String) {
        open = [Open(name: root.name, element: root, isDropped: false)]
        var bytes = Self.bounded(Array(page.utf8))
        guard !bytes.isEmpty else { return }
        _ = Self.isReady
        bytes.append(0)
        let count = CInt(clamping: bytes.count - 1)
        bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                guard let context = htmlCreateMemoryParserCtxt(buffer.baseAddress, count) else { return }
                defer { htmlFreeParserCtxt(context) }
                parse(context)
            }
        }
        open = []
    }

    private static let isReady: Bool = {
        xmlInitParser()
        return true
    }()

    private func parse(_ context: htmlParserCtxtPtr) {
        let options =
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
        _ = htmlCtxtUseOptions(context, CInt(options))
        xmlSwitchEncoding(context, XML_CHAR_ENCODING_UTF8)
        // All of the parser's own handlers go: ours take another context, and no tree of its own is made.
        var handlers = htmlSAXHandler()
        handlers.startElement = { context, name, attributes in
            HTMLTree.of(context)?.start(name, attributes)
        }
        handlers.endElement = { context, name in HTMLTree.of(context)?.end(name) }
        handlers.characters = { context, text, count in HTMLTree.of(context)?.take(text, count) }
        handlers.ignorableWhitespace = handlers.characters
        context.pointee.sax.pointee = handlers
        // The tree outlives the call below, which is the only one that uses the pointer.
        let box = Box(tree: self, context: context)
        withExtendedLifetime(box) {
            context.pointee.userData = Unmanaged.passUnretained(box).toOpaque()
            _ = htmlParseDocument(context)
        }
    }

    /// What the parser's handlers are given.
    private final class Box {
        let tree: HTMLTree
        let context: htmlParserCtxtPtr

        init(tree: HTMLTree, context: htmlParserCtxtPtr) {
            self.tree = tree
            self.context = context
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTMLTree? {
        guard let context else { return nil }
        let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
        let tree = box.tree
        tree.events += 1
        if tree.open.count > maxOpen || tree.events % 1024 == 0 && Task.isCancelled {
            tree.isCut = true
            xmlStopParser(box.context)
        }
        return tree.isCut ? nil : tree
    }

    private func start(_ name: UnsafePointer<xmlChar>?, _ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        guard let name, let parent = open.last else { return }
        let tag = String(cString: name).lowercased()
        let isDropped = parent.isDropped || HTMLNames.dropped.contains(tag)
        guard !isDropped, open.count <= Self.maxDepth, elements < Self.maxElements else {
            // What is left out still ends a word.
            if !isDropped { add(" ") }
            open.append(Open(name: tag, element: parent.element, isDropped: isDropped))
            return
        }
        let element = Element(tag, Self.attributes(list))
        elements += 1
        parent.element.children.append(.element(element))
        if HTMLNames.blocks.contains(tag) {
            for ancestor in open.reversed() {
                if ancestor.element.hasBlocks { break }
                ancestor.element.hasBlocks = true
            }
        }
        open.append(Open(name: tag, element: element, isDropped: false))
    }

    private func end(_ name: UnsafePointer<xmlChar>?) {
        guard let name else { return }
        let tag = String(cString: name).lowercased()
        guard let index = open.lastIndex(where: { $0.name == tag }), index > 0 else { return }
        open.removeSubrange(index...)
    }

    private func take(_ text: UnsafePointer<xmlChar>?, _ count: CInt) {
        guard let text, count > 0, open.last?.isDropped == false else { return }
        add(String(decoding: UnsafeBufferPointer(start: text, count: Int(count)), as: UTF8.self))
    }

    private func add(_ text: String) {
        open.last?.element.children.append(.text(text))
    }

    private static func attributes(_ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) -> [String: String] {
        guard var next = list else { return [:] }
        var attributes: [String: String] = [:]
        while let name = next.pointee {
            let key = String(cString: name).lowercased()
            if HTMLNames.attributes.contains(key) {
                let value = next[1].map { String(cString: $0) } ?? ""
                if value.utf8.count <= maxAttributeBytes, attributes[key] == nil { attributes[key] = value }
            }
            next += 2
        }
        return attributes
    }

    /// The page without NUL bytes, and without what follows the attributes of a tag that a tag may have.
    static func bounded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 1)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 0 { continue }
            result.append(byte)
            guard byte == UInt8(ascii: "<"), index < bytes.count, isLetter(bytes[index]) else { continue }
            var names = 0
            var quote: UInt8?
            var last = byte
            while index < bytes.count {
                let next = bytes[index]
                index += 1
                if names <= maxAttributes, next != 0 || quote != nil { result.append(next == 0 ? 0x20 : next) }
                if let open = quote {
                    if next == open { quote = nil }
                } else if next == UInt8(ascii: ">") {
                    if names > maxAttributes { result.append(next) }
                    break
                } else if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
                    // Elsewhere a quote is a part of a name, as the parser sees it.
                    if last == UInt8(ascii: "=") { quote = next } else { names += 1 }
                } else if isSpace(last) || last == UInt8(ascii: "/") || last == UInt8(ascii: "\"")
                    || last == UInt8(ascii: "'"),
                    !isSpace(next), next != UInt8(ascii: "=")
                {
                    names += 1
                }
                // A space after `=` is as if it were not there.
                if !(isSpace(next) && last == UInt8(ascii: "=")) { last = next }
            }
        }
        return result
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

/// What elements are.
enum HTMLNames {
    /// Elements that hold nothing to read.
    static let dropped: Set<String> = [
        "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "applet", "canvas",
        "audio", "video", "map", "select", "textarea", "button", "datalist", "dialog", "frameset",
    ]
    /// Elements that begin a line of their own.
    static let blocks: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
        "hr", "html", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
        "tfoot", "th", "thead", "tr", "ul", "caption",
    ]
    /// Attributes that say something to a reader.
    static let attributes: Set<String> = [
        "href", "src", "alt", "class", "start", "role", "hidden", "aria-hidden", "type", "colspan", "name",
    ]
}
