"""The stand-in for Microsoft: sign-in, consent, tokens and the little of Graph that is needed."""
