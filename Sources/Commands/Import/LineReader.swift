import Foundation

/// Reads lines from a file or a pipe, with memory for one of them.
struct LineReader {
    struct Line {
        /// From 1.
        var number: Int

        /// Without its end. `nil`: it was longer than ``LineReader/limit``, and is gone.
        var bytes: Data?
    }

    /// The longest line that is kept, in bytes.
    static let limit = 4 << 20
    private static let pieceSize = 1 << 16

    private let handle: FileHandle
    private var buffer = Data()
    private var number = 0
    private var isAtEnd = false

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// What comes next, at most `count` bytes: it is not taken.
    mutating func peek(_ count: Int) throws -> Data {
        while buffer.count < count, try fill() {}
        return buffer.prefix(count)
    }

    /// Everything that is left, or one byte more than `limit`.
    mutating func rest(limit: Int) throws -> Data {
        try peek(limit + 1)
    }

    mutating func next() throws -> Line? {
        number += 1
        var searched = 0
        var isOversize = false
        while true {
            if let end = buffer.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                defer { buffer = Data(buffer[buffer.index(after: end)...]) }
                return Line(number: number, bytes: isOversize || line.count > Self.limit ? nil : Data(line))
            }
            searched = buffer.count
            if searched > Self.limit {
                isOversize = true
                buffer = Data()
                searched = 0
            }
            guard try fill() else {
                guard !buffer.isEmpty || isOversize else { return nil }
                defer { buffer = Data() }
                return Line(number: number, bytes: isOversize ? nil : buffer)
            }
        }
    }

    /// Returns whether something came.
    private mutating func fill() throws -> Bool {
        guard !isAtEnd, let piece = try handle.read(upToCount: Self.pieceSize), !piece.isEmpty else {
            isAtEnd = true
            return false
        }
        buffer.append(piece)
        return true
    }
}
