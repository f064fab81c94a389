import Foundation
import VisitorSessions

/// Finds tokens in text and JSON, at any depth, and pairs those that belong together.
///
/// Takes time in proportion to the input: nesting is limited, and so is the total amount of text examined.
struct TokenFinder {
    private static let depthLimit = 24

    /// The largest body of a recorded request that is searched, in bytes.
    static let textLimit = 4 << 20

    private(set) var list = FindingList()

    /// The closest matches, for the message if nothing is found.
    private(set) var hints: [FoundTokens.Problem] = []
    private(set) var halves = HalfList()

    /// What to call the input, if it is text.
    var container: String?

    /// The places of tokens that may be another service's.
    private var uncertain: Set<String> = []

    /// How many bytes may still be searched.
    private var budget: Int

    /// - Parameter size: The input's size, in bytes.
    init(size: Int) {
        budget = size * 32 + (1 << 20)
    }

    /// How many times tokens were recorded, duplicates included.
    private(set) var recorded = 0

    // MARK: Results

    /// Records tokens. A single access or refresh token waits for its counterpart.
    mutating func add(_ read: ReadTokens, named name: String = "", _ context: Context) {
        recorded += 1
        var read = read
        read.clientID = read.clientID ?? context.clientID
        if !context.isExpected, !read.hasWixForm { uncertain.insert(context.place) }
        if read.tokens.accessToken != nil, read.tokens.refreshToken != nil {
            halves.pairs += 1
            list.add(read, at: context.place, steps: context.steps)
        } else {
            halves.add(
                .init(
                    finding: .init(read, place: context.place, steps: context.steps), group: context.group,
                    name: name.isEmpty ? context.name : name))
        }
    }

    mutating func add(problem: @autoclosure () -> UnreadableTokens, _ context: Context) {
        if context.isExpected, !context.isLine {
            list.add(problem: problem(), at: context.place)
        } else if hints.count < 16 {
            hints.append(.init(place: context.place, sentence: problem().description))
        }
    }

    mutating func replace(_ old: Secret, by new: Secret) {
        list.replace(old, by: new)
    }

    /// Runs a search in one place, and pairs the single tokens found there if that is unambiguous.
    mutating func inOnePlace(_ find: (inout Self) -> Void) {
        let mark = halves.mark
        find(&self)
        for pair in halves.pair(since: mark) { list.add(pair.read, at: pair.place, steps: pair.steps) }
    }

    /// Runs a search in a separate place, whose tokens are never paired with those found elsewhere.
    mutating func inSeparatePlace(_ find: (inout Self) -> Void) {
        let mark = halves.mark
        inOnePlace(find)
        for half in halves.removeAll(since: mark) { list.add(half.read, at: half.place, steps: half.steps) }
    }

    /// Returns what was found. `container` is what to call the input.
    mutating func finish(_ container: String) -> FoundTokens {
        for half in halves.removeAll() { list.add(half.read, at: half.place, steps: half.steps) }
        var notes: [String] = []
        let removed = list.removeRedundant(uncertain: uncertain)
        if removed > 0 {
            notes.append("Tokens that aren't Wix tokens were ignored: \(removed).")
        }
        let access = list.findings.count { $0.read.tokens.refreshToken == nil }
        let refresh = list.findings.count { $0.read.tokens.accessToken == nil }
        if access > 0, refresh > 0 {
            notes.append(
                "It isn't clear which of the access tokens (\(access)) and refresh tokens (\(refresh)) belong together, so none were paired."
            )
        }
        return FoundTokens(container: container, findings: list.findings, problems: list.problems, notes: notes)
    }

    // MARK: JSON

    /// Searches a whole JSON value. If tokens are expected, finding none is a problem.
    mutating func find(whole json: JSONValue, _ context: Context) {
        let (before, problems) = (recorded, list.problems.count)
        var context = context
        context.isLine = false
        find(json, context)
        if context.isExpected, recorded == before, list.problems.count == problems {
            let sentence = Nearest.sentence(for: json, hints: hints)
            add(problem: sentence, context)
        }
    }

    mutating func find(_ json: JSONValue, _ context: Context) {
        guard context.depth < Self.depthLimit else { return }
        switch json {
        case .string(let text): if Self.isWorthwhile(text) { find(text, context) }
        case .object(let members):
            // A named value, such as a cookie in a list.
            if let field = Field(json) { return find([field], context) }
            inOnePlace { $0.find(members, of: json, context) }
        case .array(let values):
            let fields = values.compactMap { Field($0) }
            if !fields.isEmpty, fields.count == values.count { return find(fields, context) }
            for (index, value) in values.enumerated() {
                let inner = context.at("item \(index + 1)")
                if case .object = value { inSeparatePlace { $0.find(value, inner) } } else { find(value, inner) }
            }
        default: break
        }
    }

    private mutating func find(_ members: [JSONValue.Member], of json: JSONValue, _ context: Context) {
        var context = context
        context.clientID =
            members.lazy.compactMap { NamedTokens.clientID($0.name, $0.value) }.first ?? context.clientID
        var used: [String] = []
        for shape in StoredShapes.all where !shape.members.allSatisfy(used.contains) {
            guard members.contains(where: { shape.members.contains($0.name) }) else { continue }
            do throws(UnreadableTokens) {
                guard let read = try shape.read(json, now: context.now) else { continue }
                add(read, context)
            } catch {
                add(problem: error, context)
            }
            used += shape.members
        }
        let fields = members.lazy.filter { !used.contains($0.name) && Self.isWorthwhile($0) }
            .map { Field(name: $0.name, value: $0.value) }
        if used.isEmpty {
            find(members.map { Field(name: $0.name, value: $0.value) }, context)
        } else {
            for field in fields { find(field, context) }
        }
    }

    /// Whether a member whose name says nothing about tokens may hold some. Most members are too short.
    private static func isWorthwhile(_ member: JSONValue.Member) -> Bool {
        switch member.value {
        case .string(let text): isWorthwhile(text)
        case .object, .array: true
        default: false
        }
    }

    private static func isWorthwhile(_ text: String) -> Bool {
        if text.utf8.count > 40 { return true }
        return text.utf8.first.map { "{[\"'%".utf8.contains($0) } ?? false
    }

    // MARK: Fields

    /// Searches fields that belong together.
    mutating func find(_ fields: [Field], _ context: Context) {
        var context = context
        let (fields, missing) = FieldChunks.joined(fields)
        for name in missing {
            list.add(
                problem: UnreadableTokens("A chunk is missing: copy all of \(name).0, .1, …"),
                at: context.at(name).place)
        }
        context.clientID =
            fields.lazy.compactMap { NamedTokens.clientID($0.name, $0.value) }.first ?? context.clientID
        inOnePlace { finder in
            let named = NamedTokens.read(fields, now: context.now)
            for result in named.results {
                var inner = context.at(result.field.label)
                inner.steps += result.steps
                inner.group = result.field.group
                inner.clientID = result.field.clientID ?? context.clientID
                switch result.read {
                case .success(let read): finder.add(read, named: result.field.name, inner)
                case .failure(let error):
                    inner.isExpected = context.isExpected && result.field.isExpected
                    finder.add(problem: error, inner)
                }
            }
            for (index, field) in fields.enumerated() where !named.used.contains(index) { finder.find(field, context) }
        }
    }

    private mutating func find(_ field: Field, _ context: Context) {
        let isExpected = field.name.isEmpty ? context.isExpected : field.isExpected
        var inner = context.at(field.label, expecting: isExpected)
        inner.name = field.name
        inner.steps += field.steps
        if !field.group.isEmpty { inner.group = field.group }
        inner.clientID = field.clientID ?? context.clientID
        guard let text = field.value.string else { return find(field.value, inner) }
        switch FieldRole(field.name) {
        case .authorization?:
            // Other services' keys and passwords aren't reported as problems.
            guard let read = try? BareToken.read("Authorization: " + text),
                context.isExpected || BareToken.isRecognizable(read)
            else { return }
            add(read, inner)
        case .cookies?:
            let areSet = field.name.lowercased() == "set-cookie"
            find(CookieHeader.cookies(text, areSet: areSet), context)
        default:
            if Self.isWorthwhile(text) { find(text, inner) }
        }
    }

    // MARK: Text

    mutating func find(_ text: String, _ context: Context) {
        budget -= text.utf8.count
        guard budget > 0, context.depth < Self.depthLimit else { return }
        if context.isLine, !Self.isWorthwhile(text), !Self.marks.contains(where: text.hasBytes) {
            return add(problem: Nearest.sentence(for: text), context)
        }
        let (text, steps) = TextDecoders.decode(text)
        guard !text.isEmpty else { return }
        var context = context
        context.steps += steps
        var fault: UnreadableTokens?
        if text.utf8.first == UInt8(ascii: "{") || text.utf8.first == UInt8(ascii: "[") {
            do {
                let json = try JSONReader.read(text.utf8)
                return find(whole: json, context.at(""))
            } catch {
                fault = BrokenJSON.sentence(error, in: text)
            }
        }
        if BareToken.isOne(text, FieldRole(context.name), isExpected: context.isExpected) {
            return find(token: text, context)
        }
        if !text.hasBytes("JWS."), Nearest.isAbbreviated(text) {
            return add(problem: Nearest.sentence(for: text), context)
        }
        guard context.isExpected || text.hasBytes("JWS.") else {
            if let fault, text.hasBytes("oken") { add(problem: fault, context) }
            return
        }
        if context.isLine, !Self.marks.contains(where: text.hasBytes) {
            return add(problem: Nearest.sentence(for: text, fault), context)
        }
        var problems: [FoundTokens.Problem] = []
        let attempts: [Attempt] = isJSONLines(text) ? [.lines, .fields, .scan] : [.fields, .lines, .scan]
        for attempt in attempts {
            let (before, problemCount) = (recorded, list.problems.count)
            run(attempt, text, context)
            if recorded > before { return }
            // The next attempt may succeed. If all fail, the problems of the first one are the most accurate.
            let own = list.removeProblems(since: problemCount)
            if problems.isEmpty { problems = own }
        }
        for problem in problems { list.add(problem) }
        if problems.isEmpty { add(problem: Nearest.sentence(for: text, fault), context) }
    }

    /// A line that can hold tokens contains one of these; a line of prose doesn't.
    private static let marks: [StaticString] = [
        "JWS.", "oken", "TOKEN", "ix", "IX", "{", "%7B", "eyJ", "uthorization", "ookie",
    ]

    /// The ways to read text that is neither JSON nor one token, in order.
    private enum Attempt {
        case fields, lines, scan
    }

    /// Whether the first of several lines is JSON by itself.
    private func isJSONLines(_ text: String) -> Bool {
        guard text.utf8.first == UInt8(ascii: "{") || text.utf8.first == UInt8(ascii: "["),
            let end = text.utf8.firstIndex(of: UInt8(ascii: "\n"))
        else { return false }
        return (try? JSONReader.read(text.utf8[..<end])) != nil
    }

    private mutating func run(_ attempt: Attempt, _ text: String, _ context: Context) {
        switch attempt {
        case .fields:
            guard let (name, fields) = TextParsers.parse(text) else { return }
            if context.depth == 0 { container = container ?? name }
            find(fields, context.at(""))
        case .lines:
            guard text.hasLineBreak else { return }
            if context.depth == 0 { container = container ?? "text" }
            inOnePlace { finder in
                for (index, line) in TextLines(text).enumerated() where !line.allSatisfy(\.isWhitespace) {
                    var inner = context.at("line \(index + 1)")
                    inner.isLine = true
                    finder.find(String(line), inner)
                }
            }
        case .scan:
            // The last resort: tokens in Wix's form anywhere in the text.
            inOnePlace { finder in
                for token in TokenScan.tokens(in: text) { finder.find(token: token, context) }
            }
        }
    }

    private mutating func find(token text: String, _ context: Context) {
        do throws(UnreadableTokens) {
            add(try BareToken.read(text, role: FieldRole(context.name)), context)
        } catch {
            halves.broken += 1
            var context = context
            context.isExpected = context.isExpected || text.hasBytes("JWS.")
            context.isLine = false
            add(problem: error, context)
        }
    }
}
