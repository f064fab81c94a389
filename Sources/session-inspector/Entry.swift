import Commands

/// The program. `main` runs on the process's first thread, which the inspector needs for itself.
@main
enum Entry {
    static func main() {
        Program.main()
    }
}
