/// Finds what somebody meant who mistyped it.
enum Spelling {
    /// The name that differs in the fewest letters, and in no more than a third of them.
    static func nearest(to text: String, among names: [String]) -> String? {
        let ranked = names.map { (name: $0, distance: distance(Array(text.lowercased()), Array($0))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(best.name.count / 3, 1)
        else { return nil }
        return best.name
    }

    /// How many letters have to be put in, taken out or changed (Levenshtein).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (index, letter) in left.prefix(64).enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let change = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
