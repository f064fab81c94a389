import Foundation
import Testing
import VisitorSessions

final class SealingKeyFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "key-file-\(UUID().uuidString)")
    private let file: SealingKeyFile

    init() {
        file = SealingKeyFile(folder.appending(path: "deep/key"))
    }

    deinit {
        // Only what the test itself created.
        try? FileManager.default.removeItem(at: folder)
    }

    private func mode(_ url: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    }

    private func write(_ text: String, mode: Int = 0o600) throws {
        let files = FileManager.default
        try files.createDirectory(at: file.url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file.url)
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: file.url.path)
    }

    @Test("Reading a missing file returns no key and creates none")
    func readsNothing() throws {
        #expect(try file.read() == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test("The key file is created once, readable only by its owner")
    func makes() throws {
        let key = try file.readOrCreate().sealing
        #expect(try file.readOrCreate().sealing.id == key.id)
        #expect(try file.read()?.sealing.id == key.id)
        #expect(try mode(file.url) == 0o600)
        #expect(try mode(file.url.deletingLastPathComponent()) == 0o700)
        let others = try FileManager.default.contentsOfDirectory(atPath: file.url.deletingLastPathComponent().path)
        #expect(others == ["key"])
    }

    @Test("Concurrent creators get the same key", .timeLimit(.minutes(1)))
    func races() async throws {
        let file = file
        let ids = try await withThrowingTaskGroup(of: Data.self) { group in
            for _ in 0..<16 { group.addTask { try file.readOrCreate().sealing.id } }
            return try await group.reduce(into: Set<Data>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test("A file without a key is refused and kept", arguments: ["", "no key", "AAAA"])
    func refusesOthers(_ text: String) throws {
        try write(text)
        let error = #expect(throws: StoreError.self) { try self.file.readOrCreate() }
        #expect(error?.kind == .key)
        #expect(try String(contentsOf: file.url, encoding: .utf8) == text)
    }

    @Test("A file that others can read is refused", arguments: [0o644, 0o640, 0o604, 0o620])
    func refusesOpenFiles(_ mode: Int) throws {
        let key = SealingKey().base64().reveal()
        try write(key, mode: mode)
        let error = #expect(throws: StoreError.self) { try self.file.read() }
        #expect(error?.kind == .key)
        #expect(error?.message.contains("0600") == true)
        #expect(error.map { !String(reflecting: $0).contains(key) } == true)
    }

    @Test("A read-only key file is accepted", arguments: [0o600, 0o400])
    func readsPrivateFiles(_ mode: Int) throws {
        let key = SealingKey()
        try write(key.base64().reveal(), mode: mode)
        #expect(try file.read()?.sealing.id == key.id)
    }
}
