/// The faults that are set, and which of them hit a request.
struct FaultPlan: Sendable {
    private(set) var faults: [Fault]

    init(_ faults: [Fault] = []) {
        self.faults = faults
    }

    /// What goes wrong with this request. A fault that has a number of requests to hit counts those that it hits.
    mutating func strike(_ request: RequestKind, _ random: inout any RandomNumberGenerator & Sendable) -> Blow {
        var blow = Blow()
        for index in faults.indices where faults[index].concerns(request) {
            guard .random(in: 0..<100, using: &random) < faults[index].percent else { continue }
            faults[index].remaining? -= 1
            blow.add(faults[index].effect)
        }
        faults.removeAll { $0.remaining == 0 }
        return blow
    }
}
