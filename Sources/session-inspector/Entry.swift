import Commands

/// Runs the program on the main thread, which the inspector requires.
@main
enum Entry {
    static func main() {
        Program.main()
    }
}
