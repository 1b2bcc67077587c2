"""`python -m escalation_sim`: the same as the command `escalation-sim`."""

from escalation_sim.cli import main

if __name__ == "__main__":
    main()
