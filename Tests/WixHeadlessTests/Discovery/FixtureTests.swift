import Foundation
import Testing
import VisitorSessions

@testable import WixHeadless

/// What developers paste: each file in `Fixtures/Field` and `Fixtures/Pasted` has a line in `Fixtures/pasted.tsv`, with the
/// sessions in it, the place of the first one, and what was done to read it.
@Suite("Pasted input", .timeLimit(.minutes(2))) struct FixtureTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    struct Expectation: Sendable, CustomTestStringConvertible {
        var file: String
        var sessions: String
        var location: String

        var testDescription: String { file }
    }

    static let expectations: [Expectation] = {
        let text = (try? String(contentsOf: folder.appending(path: "pasted.tsv"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return columns.count == 3
                ? Expectation(file: columns[0], sessions: columns[1], location: columns[2]) : nil
        }
    }()

    /// The last characters of the fixtures' tokens.
    private static let names = ["P0RQ": "A1", "aiwc": "A2", "leCg": "R1", "9F-Q": "R2"]

    private static func summary(_ found: FoundTokens) -> String {
        let sessions = found.findings.map { finding in
            let tokens = finding.read.tokens
            let values = [tokens.accessToken?.value, tokens.refreshToken?.value].compactMap { $0?.reveal() }
            let own = values.map { names[String($0.suffix(4))] ?? "?" }.joined()
            return own + (tokens.role == .member ? " member" : "") + (finding.read.clientID == nil ? "" : " client")
        }
        return sessions.joined(separator: ", ")
    }

    @Test("Every fixture yields the sessions in it", arguments: expectations)
    func fixture(_ expected: Expectation) throws {
        let bytes = try Data(contentsOf: Self.folder.appending(path: expected.file))
        do throws(UnreadableTokens) {
            let found = try TokenDiscovery.read(bytes, now: Date(timeIntervalSince1970: 1_795_500_000))
            #expect(Self.summary(found) == expected.sessions)
            #expect(found.findings.first?.location == expected.location)
            #expect(found.problems.allSatisfy { !$0.sentence.contains("eyJ") && !$0.place.contains("eyJ") })
        } catch {
            #expect(expected.sessions == "-")
            #expect(error.description == expected.location)
        }
    }

    @Test("Every fixture is listed")
    func completeness() throws {
        let listed = Set(Self.expectations.map(\.file))
        for folder in ["Field", "Pasted"] {
            for file in try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: folder).path) {
                #expect(listed.contains("\(folder)/\(file)"), "\(folder)/\(file)")
            }
        }
    }

    @Test("Windows line ends and a byte order mark change nothing", arguments: expectations)
    func windows(_ expected: Expectation) throws {
        let bytes = try Data(contentsOf: Self.folder.appending(path: expected.file))
        guard !expected.sessions.hasPrefix("-"), let text = String(data: bytes, encoding: .utf8), !text.contains("\r"),
            !text.contains("\0")
        else { return }
        let windows = "\u{FEFF}" + text.replacing("\n", with: "\r\n")
        let found = try TokenDiscovery.read(Data(windows.utf8), now: Date(timeIntervalSince1970: 1_795_500_000))
        #expect(Self.summary(found) == expected.sessions)
    }

    @Test("A token wrapped at any width is read whole", arguments: 20...140)
    func wrapped(width: Int) throws {
        let text = try String(
            contentsOf: Self.folder.appending(path: "Field/07-two-visitors-a1-a2-r1-r2.txt"), encoding: .utf8)
        for token in text.split(separator: "\n") {
            var lines: [Substring] = []
            var rest = token
            while !rest.isEmpty {
                lines.append(rest.prefix(width))
                rest = rest.dropFirst(width)
            }
            let found = try TokenDiscovery.read(Data(lines.joined(separator: "\n").utf8), now: Date()).single().tokens
            let value = found.accessToken?.value ?? found.refreshToken?.value
            #expect(value?.reveal() == String(token))
        }
    }
}
