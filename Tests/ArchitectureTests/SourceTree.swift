import Foundation

/// The project's sources and manifest, as text.
struct SourceTree {
    /// The folder with `Package.swift`.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File {
        /// Relative to ``root``.
        let path: String
        let text: String

        /// The imported modules, including imports of single declarations (`import struct Foundation.Date`).
        var imports: [String] {
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"),
                    words[..<keyword].allSatisfy({ ["public", "package", "@testable", "@_exported"].contains($0) })
                else { return nil }
                let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
                let name = words[(keyword + 1)...].first { !kinds.contains(String($0)) }
                return name?.split(separator: ".").first.map(String.init)
            }
        }
    }

    /// The Swift files below a folder, sorted by path.
    static func files(below folder: String) throws -> [File] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let path = "\(folder)/\(path)"
            return File(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
        }
    }

    struct Target {
        let name: String

        /// Relative to ``root``.
        let folder: String
        let dependencies: Set<String>
    }

    /// The targets that `Package.swift` declares.
    static func targets() throws -> [Target] {
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        let starts = manifest.ranges(of: /\.(target|testTarget|executableTarget)\(/)
        let ends = starts.dropFirst().map(\.lowerBound) + [manifest.endIndex]
        return zip(starts, ends).compactMap { start, end in
            let declaration = manifest[start.lowerBound..<end]
            guard let name = declaration.firstMatch(of: /name: "([^"]+)"/)?.output.1 else { return nil }
            let path = declaration.firstMatch(of: /\bpath: "([^"]+)"/)?.output.1
            let isTest = declaration.hasPrefix(".testTarget")
            let list = declaration.range(of: "dependencies: [").map { declaration[$0.upperBound...] } ?? ""
            return Target(
                name: String(name), folder: path.map(String.init) ?? "\(isTest ? "Tests" : "Sources")/\(name)",
                dependencies: Set(Self.names(in: list)))
        }
    }

    /// The names in a list of dependencies, up to its closing bracket.
    private static func names(in list: Substring) -> [String] {
        let products = list.prefix { $0 != "]" }.replacing(/package: "[^"]*"/, with: "")
        return products.matches(of: /"([^"]+)"/).map { String($0.output.1) }
    }
}

extension SourceTree.File {
    /// The identifiers in a line of code.
    struct Line {
        var names: [Substring.UTF8View] = []

        /// Whether it starts a declaration at file level.
        let isTopLevel: Bool
    }

    /// The code by line, without comments and string literals (interpolations count as strings).
    func lines() -> [Line] {
        var lines: [Line] = []
        var isInMultilineText = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var code = Line(isTopLevel: line.first.map(Self.isLetter) ?? false)
            var rest = Substring(line).utf8
            while let byte = rest.first {
                if rest.starts(with: #"""""#.utf8) {
                    isInMultilineText.toggle()
                    rest = rest.dropFirst(3)
                } else if isInMultilineText {
                    rest = rest.dropFirst()
                } else if rest.starts(with: "//".utf8) {
                    break
                } else if byte == UInt8(ascii: "\"") {
                    rest = Self.afterText(rest.dropFirst())
                } else if Self.isLetter(byte) {
                    let name = rest.prefix { Self.isLetter($0) || (0x30...0x39).contains($0) }
                    code.names.append(name)
                    rest = rest[name.endIndex...]
                } else {
                    rest = rest.dropFirst()
                }
            }
            lines.append(code)
        }
        return lines
    }

    private static func afterText(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var rest = text
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
        }
        return rest
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
