/// One request that is to be taken from a client's budget, and for whom.
public struct BudgetRequest: Hashable, Sendable {
    public var budget: RequestBudget
    public var tier: RequestBudget.Tier

    public init(_ budget: RequestBudget, _ tier: RequestBudget.Tier) {
        self.budget = budget
        self.tier = tier
    }
}
