import Testing

@testable import Anima

@Suite struct KeyPositionsTests {
    /// A document, a path and its place.
    static let places: [(String, String, Int, Int)] = [
        ("a = 1", "a", 1, 1),
        ("  a . b . c = 1", "a.b.c", 1, 11),
        ("# [x]\n[ x . y ] # a = 1\n\ta = 1", "x.y.a", 3, 2),
        ("[x]\na = 1\n[y]\na = 2", "y.a", 4, 1),
        ("[[x]]\na = 1\n[[x]]\nb = 2", "x.b", 4, 1),
        ("[x.\"a.b\"]\n'c d' = 1", "x.\"a.b\".\"c d\"", 2, 1),
        ("\"n\\u0061me\" = 1", "name", 1, 1),
        ("ü = 1\na = \"ä\" # ö\nb = 'é'", "b", 3, 1),
        ("a = {x = 'ä', \"y\" = {z = 1}}", "a.y.z", 1, 22),
        ("a = [ # ]\n  1, [2,\n 3], {b = '}'} ,\n 4 ]\nc = 1", "a[1][1]", 3, 2),
        ("a = [ # ]\n  1, [2,\n 3], {b = '}'} ,\n 4 ]\nc = 1", "a[2].b", 3, 7),
        ("a = [ # ]\n  1, [2,\n 3], {b = '}'} ,\n 4 ]\nc = 1", "a[3]", 4, 2),
        ("a = [ # ]\n  1, [2,\n 3], {b = '}'} ,\n 4 ]\nc = 1", "c", 5, 1),
        ("a = \"\"\"\nb = 1\n\\\"\"\"\"\"\"\nc = 1", "c", 4, 1),
        ("a = ''''x'''''\nc = 1", "c", 2, 1),
        ("a = \"\\\\\"\nc = 1", "c", 2, 1),
        ("a = '\\'\r\nc = 1", "c", 2, 1),
        ("a = 1979-05-27 07:32:00 # b = 1\nc = -1e3", "c", 2, 1),
    ]

    @Test(arguments: places.indices)
    func findsKeysAndElements(index: Int) throws {
        let (text, path, line, column) = Self.places[index]
        #expect(KeyPositions(text).known(path) == .init(line: line, column: column), "\(path) in \(text)")
    }

    @Test func knowsNoKeysInCommentsAndStrings() {
        let positions = KeyPositions("# a = 1\nb = \"\"\"\na = 1\n\"\"\"\nc = '''\n[a]\n'''")
        #expect(positions.known("a") == nil)
        #expect(positions.lineCount == 7)
    }

    @Test func fallsBackToTheTableAroundAKey() {
        let positions = KeyPositions("\n [a]\n")
        #expect(positions["a.b[3].c"] == .init(line: 2, column: 3))
        #expect(positions["z"] == .init(line: 1, column: 1))
    }

    @Test(arguments: ["a = [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1"])
    func allowsSixteenLevels(text: String) throws {
        #expect(KeyPositions(text).obstacle == nil)
        #expect(KeyPositions(text.replacing("1", with: "[1]").replacing("a =", with: "a.a =")).obstacle != nil)
        _ = try TOMLNode.document(text)
    }

    /// Of every document that the parser takes, the scanner knows every key, and where it says, the key begins.
    static func disagreements(_ text: String) -> [String] {
        let positions = KeyPositions(text)
        guard positions.obstacle == nil, let root = try? TOMLNode.document(text) else { return [] }
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        var missed: [String] = []
        func walk(_ members: [String: TOMLNode], _ table: String) {
            for (name, node) in members {
                let path = KeyPositions.path(table, name)
                if let place = positions.known(path) {
                    let scalar = lines[place.line - 1][place.column - 1]
                    if scalar != name.unicodeScalars.first, scalar != "\"", scalar != "'" { missed.append(path) }
                } else {
                    missed.append(path)
                }
                if case .table(let members) = node { walk(members, path) }
            }
        }
        walk(root, "")
        return missed
    }
}
