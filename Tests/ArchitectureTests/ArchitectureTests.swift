import Foundation
import Testing

/// Checks the source rules of `CONTRIBUTING.md`.
@Suite struct ArchitectureTests {
    @Test("Every import is declared in Package.swift, and every dependency is imported")
    func imports() throws {
        let system: Set = ["Foundation", "Synchronization", "Testing", "Dispatch", "Glibc", "Darwin", "os"]
        let targets = try SourceTree.targets()
        for target in targets {
            let own = target.folder + "/"
            let nested = targets.map { $0.folder + "/" }.filter { $0.hasPrefix(own) && $0 != own }
            var used: Set<String> = []
            for file in try SourceTree.files(below: target.folder) where !nested.contains(where: file.path.hasPrefix) {
                let imports = file.imports.filter { $0 != target.name }
                used.formUnion(imports)
                let undeclared = Set(imports).subtracting(target.dependencies).subtracting(system)
                #expect(undeclared.isEmpty, "\(file.path) imports what \(target.name) doesn't declare")
            }
            // Executables that tests run and C targets' dependencies have no import.
            let unused = target.dependencies.subtracting(used).filter { !$0.contains("-") }
            #expect(unused.isEmpty, "\(target.name) declares what it doesn't import")
        }
    }

    @Test("Imports between targets have no cycles")
    func targetCycles() throws {
        let targets = try SourceTree.targets()
        let names = Set(targets.map(\.name))
        let uses = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0.dependencies.intersection(names)) })
        let cycle = Cycle.first(in: uses)
        #expect(cycle == nil, "\(cycle?.description ?? "")")
    }

    @Test("Uses between the folders of a target have no cycles", arguments: try SourceTree.targets().map(\.folder))
    func folderCycles(_ folder: String) throws {
        guard folder.hasPrefix("Sources/") else { return }
        let cycle = Cycle.first(in: try FolderUses(of: folder).uses)
        #expect(cycle == nil, "\(cycle?.description ?? "")")
    }

    @Test("No source file is longer than 350 lines")
    func fileLength() throws {
        for file in try SourceTree.files(below: "Sources") {
            #expect(file.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 351, "\(file.path)")
        }
    }

    @Test("The code paths in CONTRIBUTING.md name existing files and stay short")
    func paths() throws {
        let text = try String(contentsOf: SourceTree.root.appending(path: "CONTRIBUTING.md"), encoding: .utf8)
        let names = Set(
            try SourceTree.files(below: "Sources").map {
                (($0.path as NSString).lastPathComponent as NSString).deletingPathExtension
            })
        for (title, limit) in [
            ("From a pasted token to the store", 35), ("From a renewal's response to the screen", 35),
            ("From a key press to a painted cell", 15),
        ] {
            let path = try #require(
                text.components(separatedBy: "**\(title)**").last?.components(separatedBy: "\n\n").first)
            let list = path.components(separatedBy: "):").last ?? ""
            let files = list.split { " `·\n".contains($0) }.map(String.init)
            #expect(Set(files).subtracting(names).isEmpty, "\(title)")
            #expect((5...limit).contains(files.count) && path.contains("(\(files.count)"), "\(title): \(files.count)")
        }
    }
}

/// Which folders of a target use which others: a file uses a folder if it names a type declared there.
///
/// Files at the top of a target may use every folder; no folder may use them.
struct FolderUses {
    private(set) var uses: [String: Set<String>] = [:]

    init(of target: String) throws {
        let files = try SourceTree.files(below: target).map { file in
            (folder: (file.path as NSString).deletingLastPathComponent, lines: file.lines())
        }
        var declaring: [Substring.UTF8View.Key: Set<String>] = [:]
        for (folder, lines) in files {
            for line in lines {
                if line.isTopLevel, let name = Self.declaredType(line.names) {
                    declaring[.init(name), default: []].insert(folder)
                }
            }
        }
        for (folder, lines) in files {
            for name in lines.flatMap(\.names) {
                // A name declared in several folders is ambiguous.
                guard let places = declaring[.init(name)], places.count == 1, let place = places.first,
                    place != folder
                else { continue }
                uses[folder, default: []].insert(place)
            }
        }
    }

    /// The type that a line declares for other files, if any.
    private static func declaredType(_ line: [Substring.UTF8View]) -> Substring.UTF8View? {
        let kinds = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        guard let kind = line.firstIndex(where: { name in kinds.contains { name.elementsEqual($0.utf8) } }),
            kind + 1 < line.count
        else { return nil }
        let modifiers = ["public", "package", "final", "indirect", "nonisolated"]
        let isShared = line[..<kind].allSatisfy { name in modifiers.contains { name.elementsEqual($0.utf8) } }
        return isShared ? line[kind + 1] : nil
    }
}

extension Substring.UTF8View {
    /// The bytes of a name, as a dictionary key.
    struct Key: Hashable {
        private let bytes: [UInt8]
        init(_ name: Substring.UTF8View) { bytes = Array(name) }
    }
}

/// A path through a graph that ends where it began.
struct Cycle: Equatable, CustomStringConvertible {
    let nodes: [String]

    var description: String { nodes.joined(separator: " → ") }

    /// The first cycle found by a depth-first search, if any.
    static func first(in edges: [String: Set<String>]) -> Cycle? {
        var done: Set<String> = []
        func search(_ node: String, _ path: [String]) -> Cycle? {
            if let start = path.firstIndex(of: node) { return Cycle(nodes: path[start...] + [node]) }
            guard done.insert(node).inserted else { return nil }
            for next in edges[node, default: []].sorted() {
                if let cycle = search(next, path + [node]) { return cycle }
            }
            return nil
        }
        for node in edges.keys.sorted() where !done.contains(node) {
            if let cycle = search(node, []) { return cycle }
        }
        return nil
    }
}
