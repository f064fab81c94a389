extension StringProtocol {
    /// Whether it contains these bytes. `contains` compares characters and takes many times as long.
    func hasBytes(_ wanted: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount)
        var text = String(self)
        return text.withUTF8 { bytes in
            var start = 0
            while let next = bytes[start...].firstIndex(of: wanted[0]) {
                if bytes[next...].starts(with: wanted) { return true }
                start = next + 1
            }
            return false
        }
    }
}
