/// The lines of a text, each when it is its turn: found by bytes, without memory for all of them.
///
/// A line ends with LF, CR LF or CR.
struct TextLines: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View
    private var isAtEnd = false

    init(_ text: some StringProtocol) {
        rest = Substring(text).utf8
    }

    mutating func next() -> Substring? {
        guard !isAtEnd else { return nil }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        rest = rest[line.endIndex...]
        isAtEnd = rest.isEmpty
        let isCarriageReturn = rest.popFirst() == UInt8(ascii: "\r")
        if isCarriageReturn, rest.first == UInt8(ascii: "\n") { rest.removeFirst() }
        return Substring(line)
    }
}
