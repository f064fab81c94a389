import Foundation
import SQLiteSessions
import VisitorSessions
import WixHeadless

/// One thing to import: tokens, where they stood, and what else is known of the session.
struct ImportItem {
    var read: ReadTokens
    var place: String
    var details: SessionLine?
}

/// A file or standard input, taken for what its content says.
struct ImportSource {
    /// The first line of JSON lines is looked at whole.
    private static let headSize = 1 << 20

    let path: String
    let now: @Sendable () -> Date

    /// What a source was taken for, and what a person should know of it, in sentences.
    struct Taken {
        var kind: String
        var notes: [String] = []
    }

    /// Hands over what is in it, piece by piece: JSON lines of any number are never in memory at once.
    ///
    /// Returns what it was taken for.
    func read(
        item: (ImportItem) async throws -> Void, problem: (_ place: String, _ sentence: String) -> Void
    ) async throws -> Taken {
        let (handle, url) = try open()
        var reader = LineReader(handle)
        let head = try reading { try reader.peek(Self.headSize) }
        if let url, head.starts(with: Data("SQLite format 3\0".utf8)) {
            let cookies: [FirefoxCookies.Cookie]
            do throws(StoreError) {
                cookies = try FirefoxCookies.read(url)
            } catch {
                // The store's own failures end an import; this one is of the file.
                throw Failure(.unreadableInput, "\(name): \(error.message)")
            }
            return try await hand(TokenContainers.read(cookies: cookies, now: now()), item, problem)
        }
        guard Self.isLines(head) else {
            let bytes = try reading { try reader.rest(limit: TokenContainers.sizeLimit) }
            do {
                return try await hand(TokenContainers.read(bytes, now: now()), item, problem)
            } catch let error as UnreadableTokens {
                throw Failure(.unreadableInput, "\(name): \(error.description)")
            }
        }
        while let line = try reading({ try reader.next() }) {
            let place = "line \(line.number)"
            guard let bytes = line.bytes else {
                problem(place, "It is longer than \(LineReader.limit >> 20) MiB, which no session is.")
                continue
            }
            guard !bytes.allSatisfy({ " \t\r".utf8.contains($0) }) else { continue }
            do {
                let read = try TokenContainers.read(bytes, now: now()).single()
                try await item(ImportItem(read: read, place: place, details: try .read(bytes)))
            } catch let error as UnreadableTokens {
                problem(place, error.description)
            }
        }
        return Taken(kind: "JSON lines")
    }

    /// Whatever keeps a file from being read is the file's, and the other ones are imported.
    private func reading<Value>(_ body: () throws -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            throw Failure(.unreadableInput, "\(name) cannot be read: \(error.reason)")
        }
    }

    /// What it is called in messages.
    var name: String {
        path == "-" ? "Standard input" : "The file \(Quotation.of(path))"
    }

    private func open() throws -> (FileHandle, URL?) {
        guard path != "-" else { return (.standardInput, nil) }
        var url = URL(filePath: path)
        var isFolder = false as ObjCBool
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            // A browser's profile.
            url = url.appending(path: "cookies.sqlite")
        }
        do {
            return (try FileHandle(forReadingFrom: url), url)
        } catch {
            throw Failure(.unreadableInput, "\(name) cannot be read: \(error.reason)")
        }
    }

    private func hand(
        _ found: FoundTokens, _ item: (ImportItem) async throws -> Void,
        _ problem: (_ place: String, _ sentence: String) -> Void
    ) async throws -> Taken {
        for finding in found.findings {
            try await item(ImportItem(read: finding.read, place: finding.place))
        }
        for found in found.problems { problem(found.place, found.sentence) }
        return Taken(kind: found.container, notes: found.notes)
    }

    /// Whether it is JSON lines: an object stands in a line by itself, and it is no part of a document of several lines, for
    /// there it would come after one of `[`, `,` and `:`. So a first line that is broken takes none of the others with it.
    private static func isLines(_ head: Data) -> Bool {
        let start = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head.dropFirst(3) : head
        let lines = start.split(separator: UInt8(ascii: "\n")).lazy.map(trimmed).filter { !$0.isEmpty }
        var before: Data?
        for line in lines {
            defer { before = line }
            // A line that has lost its beginning or its end.
            if before == nil, line.first != UInt8(ascii: "{"), line.last != UInt8(ascii: "}") { return false }
            guard line.first == UInt8(ascii: "{"), !(before?.last.map { "[,:".utf8.contains($0) } ?? false),
                let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
            else { continue }
            return Set(object.keys).isDisjoint(with: recordings)
        }
        return false
    }

    /// What a recording of a browser, or a storage state, has at its top.
    private static let recordings = ["log", "cookies", "origins"]

    private static func trimmed(_ line: Data) -> Data {
        func isBlank(_ byte: UInt8) -> Bool { " \t\r".utf8.contains(byte) }
        let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? line.startIndex
        return Data(line[..<end].drop(while: isBlank))
    }
}
