public import Foundation
import VisitorSessions

/// Finds tokens in whatever a developer has in a file or the clipboard.
///
/// Five stages, each with several independent readers: **decode** (``TextDecoders``, ``LineWraps``) removes what tools
/// put around text, **parse** (``TextParsers``, ``JSONReader``) takes it apart, **find** (``TokenFinder``,
/// ``StoredShapes``, ``NamedTokens``, ``TokenScan``) looks for tokens in the parts, **pair** (``HalfList``) joins those
/// of one visitor, and **judge** (``TokenSlots``, ``TokenReplacement``) decides what is a token and what it may
/// replace.
public enum TokenDiscovery {
    /// The largest text that is read whole, in bytes.
    public static let sizeLimit = 64 << 20

    /// Finds the tokens in `bytes`, which hold UTF-8 or UTF-16 text.
    ///
    /// Throws if text contains no tokens. A container without tokens, such as a HAR file, is returned with no findings.
    ///
    /// - Parameter now: The local time, used to compute an expiry from a lifetime.
    public static func read(_ bytes: Data, now: Date) throws(UnreadableTokens) -> FoundTokens {
        try readWithObject(bytes, now: now).found
    }

    /// Like ``read(_:now:)``; also returns the input's JSON if it is an object.
    package static func readWithObject(
        _ bytes: Data, now: Date
    ) throws(UnreadableTokens) -> (found: FoundTokens, object: JSONValue?) {
        guard bytes.count <= sizeLimit else {
            throw UnreadableTokens("The input exceeds the limit of \(sizeLimit >> 20) MiB.")
        }
        let content = TextDecoders.trimmed(try InputBytes.text(bytes))
        guard !content.isEmpty else { throw UnreadableTokens("The input is empty.") }
        let context = TokenFinder.Context(now: now)
        if content.hasPrefix("{") || content.hasPrefix("["), let found = try json(content, context) { return found }
        func find(_ text: DecodedText) -> TokenFinder {
            var finder = TokenFinder(size: content.utf8.count)
            var context = context
            context.steps = text.step.map { [$0] } ?? []
            finder.find(text.text, context)
            return finder
        }
        let repairs = LineWraps.repairs(content)
        var finder = find(repairs.certain ?? DecodedText(text: content))
        // Lines of equal length may be wrapped text, or just separate lines.
        let isDoubtful = repairs.certain != nil || finder.halves.found == 0 || finder.halves.broken > 0
        if isDoubtful, let possible = repairs.possible, possible.text != repairs.certain?.text {
            let other = find(possible)
            if other.halves.broken == 0, other.halves.found > finder.halves.found { finder = other }
        }
        return (try result(&finder), nil)
    }

    /// Finds the tokens in the cookies of a browser's database.
    public static func read(cookies: [(host: String, name: String, value: String)], now: Date) -> FoundTokens {
        var found = read(cookies.map { ($0.host, $0.name, $0.value) }, kind: "cookie", now: now)
        found.container = "Firefox cookies"
        return found
    }

    /// Finds the tokens in values of one kind that a browser stores. Values of the same group belong together.
    package static func read(
        _ values: [(group: String, name: String, value: String)], kind: String, now: Date
    ) -> FoundTokens {
        var finder = TokenFinder(size: values.reduce(0) { $0 + $1.value.utf8.count })
        let fields = values.map { Field(name: $0.name, value: .string($0.value), kind: kind, group: $0.group) }
        finder.find(fields, TokenFinder.Context(now: now))
        return finder.finish(kind)
    }

    private static func result(_ finder: inout TokenFinder) throws(UnreadableTokens) -> FoundTokens {
        let container = finder.container
        var found = finder.finish(container ?? "text")
        if found.findings.count == 1, let only = found.findings.first, only.place.isEmpty {
            found.container = only.read.shape
        }
        guard found.findings.isEmpty else { return found }
        if let problem = found.problems.first, problem.place.isEmpty {
            throw UnreadableTokens(problem.sentence)
        }
        if let hint = finder.hints.first, found.problems.isEmpty {
            found.notes.append("Closest match: \(hint.description)")
        }
        return found
    }

    // MARK: JSON

    /// The paths of lists that may be long, whose elements are read one at a time. An empty path is the whole document.
    private static let longLists: Set = ["", StorageState.cookies, StorageState.origins, HARFile.entries]

    /// Finds the tokens in a JSON document. `nil`: `content` isn't JSON.
    private static func json(
        _ content: String, _ context: TokenFinder.Context
    ) throws(UnreadableTokens) -> (found: FoundTokens, object: JSONValue?)? {
        guard let outline = try? JSONReader.outline(content.utf8, leavingOut: longLists) else { return nil }
        var finder = TokenFinder(size: content.utf8.count)
        if HARFile.find(in: outline, &finder, context) {
            var found = finder.finish(HARFile.name)
            if found.findings.isEmpty { found.notes.append(HARFile.hint) }
            return (found, nil)
        }
        if StorageState.find(in: outline, &finder, context) { return (finder.finish(StorageState.name), nil) }
        if outline.has("") {
            finder.inOnePlace { find(in: outline.elements(""), of: content, &$0, context) }
            return (finder.finish("JSON list"), nil)
        }
        finder.find(whole: outline.value, context)
        finder.container = "JSON"
        return (try result(&finder), outline.value.isObject ? outline.value : nil)
    }

    private static func find(
        in elements: JSONReader.Elements, of content: String, _ finder: inout TokenFinder,
        _ context: TokenFinder.Context
    ) {
        var fields: [Field] = []
        for (index, item) in elements.enumerated() {
            let inner = context.at("item \(index + 1)")
            if let fault = item.fault {
                finder.add(problem: BrokenJSON.sentence(fault, in: content), inner)
            } else if let field = Field(item.value) {
                fields.append(field)
            } else if case .object = item.value {
                finder.inSeparatePlace { $0.find(whole: item.value, inner) }
            } else {
                finder.find(whole: item.value, inner)
            }
        }
        finder.find(fields, context)
    }
}
