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
    private static let pieceSize = 1 << 18

    private let handle: FileHandle
    private var buffer: [UInt8] = []

    /// Where in the buffer begins what has not been handed over.
    private var start = 0
    private var number = 0
    private var isAtEnd = false

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// What comes next, at most `count` bytes: it is not taken.
    mutating func peek(_ count: Int) throws -> Data {
        while buffer.count - start < count, try fill() {}
        return Data(buffer[start...].prefix(count))
    }

    /// Everything that is left, or one byte more than `limit`.
    mutating func rest(limit: Int) throws -> Data {
        defer { (buffer, start) = ([], 0) }
        return try peek(limit + 1)
    }

    mutating func next() throws -> Line? {
        number += 1
        var searched = start
        var isOversize = false
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                let isTooLong = isOversize || end - start > Self.limit
                return Line(number: number, bytes: isTooLong ? nil : Data(buffer[start..<end]))
            }
            searched = buffer.count
            if searched - start > Self.limit {
                isOversize = true
                start = buffer.count
            }
            // What has been handed over makes room, once for many lines.
            buffer.removeSubrange(..<start)
            (searched, start) = (searched - start, 0)
            guard try fill() else {
                guard !buffer.isEmpty || isOversize else { return nil }
                defer { buffer = [] }
                return Line(number: number, bytes: isOversize ? nil : Data(buffer))
            }
        }
    }

    /// Returns whether something came.
    private mutating func fill() throws -> Bool {
        guard !isAtEnd, let piece = try handle.read(upToCount: Self.pieceSize), !piece.isEmpty else {
            isAtEnd = true
            return false
        }
        buffer.append(contentsOf: piece)
        return true
    }
}
