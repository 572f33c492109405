"""Imports of files: agencies, procedures, dossier counts, and paper forms with their answers.

Reference data are taken all or nothing, naming the line; of a file of paper forms bad lines may be left out.
"""
