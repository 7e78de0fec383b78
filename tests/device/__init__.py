"""The engine on a device: what ``make check-gpu`` runs, with nothing but torch and pytest; on the CPU it runs with all other tests."""
