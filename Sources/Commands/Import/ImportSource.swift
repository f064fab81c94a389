import Foundation
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// Tokens to import, where they were found, and what else is known of the session.
///
/// It is a class because thousands of items are passed around.
final class ImportItem: Sendable {
    let read: ReadTokens
    let place: String
    let details: SessionLine?

    init(read: ReadTokens, place: String, details: SessionLine? = nil) {
        self.read = read
        self.place = place
        self.details = details
    }
}

/// A file or standard input, whose kind is detected from its content.
struct ImportSource {
    /// How many bytes are read to detect the kind. They must contain the first line of JSON Lines.
    private static let headSize = 1 << 20

    let path: String
    let now: @Sendable () -> Date

    /// What a source was read as, and notes to show.
    struct Summary {
        var kind: String
        var notes: [String] = []
    }

    /// Delivers the items one by one, without keeping a whole JSON Lines file in memory.
    func read(
        item: (ImportItem) async throws -> Void, problem: (_ place: String, _ sentence: String) -> Void
    ) async throws -> Summary {
        let (handle, url) = try open()
        var reader = LineReader(handle)
        let head = try CommandInput.reading(name) { try reader.peek(Self.headSize) }
        if let url, head.starts(with: Data("SQLite format 3\0".utf8)) {
            let cookies: [FirefoxCookies.Cookie]
            do throws(StoreError) {
                cookies = try FirefoxCookies.read(url)
            } catch {
                // Store errors end an import; this one concerns only the file.
                throw Failure(.unreadableInput, "\(name): \(error.message)")
            }
            return try await deliver(TokenDiscovery.read(cookies: cookies, now: now()), item, problem)
        }
        let name = name
        var hasAdvised = false
        func deliverLines(_ lines: [LineReader.Line]) async throws {
            let now = now()
            let half = lines.count / 2
            async let first = Self.read(lines[..<half], now: now)
            async let second = Self.read(lines[half...], now: now)
            for result in await first + second {
                switch result {
                case .item(let found): try await item(found)
                case .problem(let place, let error):
                    problem(place, hasAdvised ? error.sentence : error.description)
                    hasAdvised = hasAdvised || error.advice != nil
                }
            }
        }
        guard Self.isLines(head) else {
            let bytes = try CommandInput.reading(name) { try reader.rest(limit: TokenDiscovery.sizeLimit) }
            if let sessions = Self.exportedSessions(in: bytes) {
                try await deliverLines(sessions)
                return Summary(kind: "exported sessions")
            }
            do {
                return try await deliver(TokenDiscovery.read(bytes, now: now()), item, problem)
            } catch let error as UnreadableTokens {
                throw Failure(.unreadableInput, "\(name): \(error.description)")
            }
        }
        var lineCount = 0
        while true {
            let lines = try CommandInput.reading(name) { try reader.next(upTo: Self.linesAtATime) }
            guard !lines.isEmpty else { break }
            lineCount += lines.count
            try await deliverLines(lines)
        }
        return Summary(kind: lineCount == 1 ? "JSON" : "JSON Lines")
    }

    /// Parsing a line takes longer than reading it from disk, so two threads share the work.
    private static let linesAtATime = 256

    private enum LineResult {
        case item(ImportItem)
        case problem(place: String, UnreadableTokens)
    }

    private static func read(_ lines: ArraySlice<LineReader.Line>, now: Date) async -> [LineResult] {
        lines.flatMap { line -> [LineResult] in
            do throws(UnreadableTokens) {
                return try read(line, now: now)
            } catch {
                return [.problem(place: line.place, error)]
            }
        }
    }

    private static func read(_ line: LineReader.Line, now: Date) throws(UnreadableTokens) -> [LineResult] {
        guard let bytes = line.bytes else {
            throw UnreadableTokens("The line exceeds \(LineReader.limit >> 20) MiB and was skipped.")
        }
        guard !bytes.allSatisfy({ " \t\r".utf8.contains($0) }) else { return [] }
        let (found, object) = try TokenDiscovery.readWithObject(bytes, now: now)
        // What could still be read would be a session without its label, ID or refresh token.
        guard
            object != nil || bytes.first(where: { $0 != UInt8(ascii: " ") }) != UInt8(ascii: "{")
                || !JSONObjects(in: bytes).isCutShort
        else {
            throw UnreadableTokens("The \(line.noun) is cut short.")
        }
        guard found.findings.count > 1 else {
            if found.findings.isEmpty, let problem = found.problems.first {
                throw UnreadableTokens(problem.sentence)
            }
            let details: SessionLine? = if let object { try .read(object) } else { nil }
            return [.item(ImportItem(read: try found.single(), place: line.place, details: details))]
        }
        let problems = found.problems.map { problem in
            LineResult.problem(place: place(problem.place, in: line.place), UnreadableTokens(problem.sentence))
        }
        return problems
            + found.findings.map { .item(ImportItem(read: $0.read, place: place($0.place, in: line.place))) }
    }

    /// The sessions of a backup that isn't JSON Lines: one that `jq` wrote, as an array or over several lines, or one
    /// with comments. `nil`: it isn't a backup.
    private static func exportedSessions(in text: Data) -> [LineReader.Line]? {
        guard text.range(of: Data("\"tokens\"".utf8)) != nil else { return nil }
        let objects = JSONObjects(in: text).ranges.map { text[$0] }
        let isBackup = objects.contains { object in
            let fields = (try? JSONSerialization.jsonObject(with: object)) as? [String: Any]
            return fields?["id"] != nil && fields?["tokens"] != nil
        }
        guard isBackup else { return nil }
        return objects.enumerated().map { LineReader.Line(number: $0 + 1, bytes: $1, noun: "session") }
    }

    var name: String { CommandInput.name(path) }

    /// The file, and the place in it if there is one, for messages.
    func name(at place: String) -> String { Self.place(place, in: name) }

    private static func place(_ place: String, in whole: String) -> String {
        place.isEmpty ? whole : "\(whole), \(place)"
    }

    /// Estimates the number of items from the first ones: tokens make up about half of the bytes of a file.
    func expectedCount(_ first: ImportBatch) -> Int {
        let size = (try? URL(filePath: path).resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
        return max(first.items.count, size * first.items.count / max(2 * first.bytes, 1))
    }

    private func open() throws -> (FileHandle, URL?) {
        guard path != "-" else { return (.standardInput, nil) }
        var url = URL(filePath: path)
        if url.isFolder {
            url = url.appending(path: "cookies.sqlite")
            guard FileManager.default.fileExists(atPath: url.path) else {
                throw Failure(
                    .unreadableInput,
                    "\(name) is a folder without cookies.sqlite, so it isn't a Firefox profile. Specify a file.")
            }
        }
        return (try CommandInput.open(url, name), url)
    }

    private func deliver(
        _ found: FoundTokens, _ item: (ImportItem) async throws -> Void,
        _ problem: (_ place: String, _ sentence: String) -> Void
    ) async throws -> Summary {
        for finding in found.findings {
            try await item(ImportItem(read: finding.read, place: finding.location))
        }
        for found in found.problems { problem(found.place, found.sentence) }
        return Summary(kind: found.container, notes: found.notes)
    }

    /// Whether the content is JSON Lines: one line is a complete object that isn't part of a larger document. Within a
    /// document, the line before would end with `[`, `,` or `:`. A broken first line doesn't matter.
    private static func isLines(_ head: Data) -> Bool {
        let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head
        let lines = start.split(separator: UInt8(ascii: "\n")).lazy.map(trimmed).filter { !$0.isEmpty }
        var before: Data?
        for line in lines {
            defer { before = line }
            // A first line with neither the beginning nor the end of an object isn't just broken.
            if before == nil, line.first != UInt8(ascii: "{"), line.last != UInt8(ascii: "}") { return false }
            guard line.first == UInt8(ascii: "{"), !(before?.last.map { "[,:".utf8.contains($0) } ?? false),
                let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
            else { continue }
            return Set(object.keys).isDisjoint(with: recordings)
        }
        return false
    }

    /// The top-level keys of HAR recordings and storage states.
    private static let recordings = ["log", "cookies", "origins"]

    private static func trimmed(_ line: Data) -> Data {
        func isBlank(_ byte: UInt8) -> Bool { " \t\r".utf8.contains(byte) }
        let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? line.startIndex
        return Data(line[..<end].drop(while: isBlank))
    }
}

/// Reads lines from a file or a pipe, one at a time.
struct LineReader {
    struct Line: Sendable {
        /// Counted from 1.
        var number: Int

        /// Without the line break. `nil` if it exceeds ``LineReader/limit``.
        var bytes: Data?

        /// What the number counts, for display.
        var noun = "line"

        var place: String { "\(noun) \(number)" }
    }

    /// The longest line, in bytes.
    static let limit = 4 << 20
    private static let pieceSize = 1 << 18

    private let handle: FileHandle
    private var buffer: [UInt8] = []

    /// The start of the unread part of the buffer.
    private var start = 0
    private var number = 0
    private var isAtEnd = false

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// The next `count` bytes at most, without consuming them.
    mutating func peek(_ count: Int) throws -> Data {
        while buffer.count - start < count, try fill() {}
        return Data(buffer[start...].prefix(count))
    }

    /// The remaining bytes, at most `limit` plus one.
    mutating func rest(limit: Int) throws -> Data {
        defer { (buffer, start) = ([], 0) }
        return try peek(limit + 1)
    }

    /// Reads at most `count` lines, fewer if they are long. Empty at the end.
    mutating func next(upTo count: Int) throws -> [Line] {
        var (lines, size): ([Line], Int) = ([], 0)
        while lines.count < count, size < Self.limit {
            do {
                guard let line = try next() else { break }
                lines.append(line)
                size += line.bytes?.count ?? 0
            } catch {
                // Returns the lines read so far. The next call throws the error again.
                guard !lines.isEmpty else { throw error }
                break
            }
        }
        return lines
    }

    private mutating func next() throws -> Line? {
        number += 1
        var searched = start
        var isOversize = false
        while true {
            if let end = lineBreak(from: searched) {
                defer { start = end + 1 }
                let isTooLong = isOversize || end - start > Self.limit
                return Line(number: number, bytes: isTooLong ? nil : Data(buffer[start..<end]))
            }
            searched = buffer.count
            if searched - start > Self.limit {
                isOversize = true
                start = buffer.count
            }
            // Removes the consumed lines from the buffer, many at a time.
            buffer.removeSubrange(..<start)
            (searched, start) = (searched - start, 0)
            guard try fill() else {
                guard !buffer.isEmpty || isOversize else { return nil }
                defer { buffer = [] }
                return Line(number: number, bytes: isOversize ? nil : Data(buffer))
            }
        }
    }

    /// The offset of the next line break in the buffer.
    private func lineBreak(from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Reads the next piece into the buffer. Returns `false` at the end.
    private mutating func fill() throws -> Bool {
        guard !isAtEnd, let piece = try handle.read(upToCount: Self.pieceSize), !piece.isEmpty else {
            isAtEnd = true
            return false
        }
        buffer.append(contentsOf: piece)
        return true
    }
}
